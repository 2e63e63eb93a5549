#!/bin/bash
# The service keys change: everything of before is read, everybody works on, and an older copy of keys/service with what it
# was sealed to opens nothing. Killed at every step it is the vault of before, or it goes on at the next opening.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

in_keys() { find vault/keys -type f -printf '%f\n' | sort | xargs; }
vkey() { sr witness policy --json "$@" >policy.json && json log policy.json; }
founded
echo text >f
released f
OLD_ITEM=$ITEM
granted "$OLD_ITEM"
export STRONGROOM_UNLOCK=
old() { "$@" --unlock "$W/vault.key"; }
new() { "$@" --unlock "$W/next.key"; }
as_old() { as "$1" "${@:2}" --unlock "$W/vault.key"; }
as_new() { as "$1" "${@:2}" --unlock "$W/next.key"; }
ok old sr second replace "$W/second"
ok as_old au log --json
before=$(jq length out)
FIRST=$(old vkey)
RECIPIENT=$(as_old de intake recipient --json | jq -r .recipient)
ok as_old au log export "$W/public"
# A receipt kept from before, and a client that comes only much later.
ok as_old m1 log disclose 0 --out "$W/kept"
cp -a state state.first

# An accession that was broken off is sealed to the keys of now.
: >vault/run/accession-00000000000000000000000000000001
refused 4 'an accession was broken off' old sr service rotate --unlock-new next.key
[[ ! -e next.key ]] || fail 'a credential of no keys is left'
rm vault/run/accession-*
mv second second.away
refused 4 'second copy of secrets.db is not up to date' old sr service rotate --unlock-new next.key
mv second.away second
refused 1 'wrong' sr service rotate --unlock policy.json --unlock-new next.key
cp -a vault vault.before
cp -a second second.before
cp -a state state.before

ok old sr service rotate --unlock-new next.key --json
SECOND=$(json ledger-key)
same "$(json entry)" "$before" 'the entry of the change'
[[ $SECOND != "$FIRST" ]] || fail 'the same ledger key'
same "$(new vkey)" "$SECOND"
same "$(in_keys)" 'service service.board'
ok as_new au log --json
same "$(jq -r ".[$before].type + \" \" + .[$((before + 1))].type" out)" 'service-key key-epoch'
ok new sr verify
ok new sr audit replay
has 'is equal to the replayed one'
[[ $RECIPIENT != "$(as_new de intake recipient --json | jq -r .recipient)" ]] || fail 'the same recipient'
ok new sr rebuild
has 'equal to the one before'
ok new sr scrub
STRONGROOM_STATE=$W/state.fresh ok as_new m2 list # who remembers nothing of before the change

# Everything works on: what was sealed before is opened, what is new goes all the way.
ok as_new ri checkout "$OLD_ITEM" --json
CHECKOUT=$(json checkout)
ok as_new ri cat "$CHECKOUT" 0
has text
as de deposit --collection box --json --unlock next.key f <<<'' >d.json || fail 'a deposit after the change'
ITEM=$(json item.0 d.json)
ok as_new cu1 describe "$ITEM" --title 'of later' --hazard graphic
ok as_new cu2 release "$ITEM"
ok as_new ri request "$ITEM" --purpose research --ends 30d --reason 'a later reason' --json
REQUEST=$(json request)
ok as_new m1 vote "$REQUEST" approve
ok as_new m2 vote "$REQUEST" approve
ok as_new ri checkout "$ITEM" --json
ok as_new ri cat "$(json checkout)" 0
has text
ok as_new au log --json
ok new sr collect
ok new sr verify
# A bundle for a machine that remembers the log of before.
ok as_new ri request "$OLD_ITEM" --purpose research --ends 20d --reason 'again' --json
REQUEST=$(json request)
ok as_new m2 request show "$REQUEST" --bundle b
STRONGROOM_STATE=$W/state.none STRONGROOM_VAULT=/nowhere ok as m2 vote "$REQUEST" approve --bundle b --out v
ok as_new m2 submit v
# The receipt of before opens with the key of its time; the export goes on under the new key and says how it follows.
ok sr log open kept --key "$FIRST"
ok as_new au log export "$W/public"
same "$(<public/vkey)" "$SECOND"
[[ -s public/key-change.1 ]] || fail 'the export does not say how the key changed'

# Who has the keys of before, and the disks of now.
cp vault/keys/service service.now
refused 1 'wrong|does not' old sr status
cp vault.before/keys/service vault/keys/service
refused 3 'not written with this key|does not' old as m1 list
refused 3 'not written with this key|does not' old sr verify
cp service.now vault/keys/service
# Old disks put back as they were are a ledger that ends before what people remember.
mv vault vault.now && cp -a vault.before vault
mv second second.now && cp -a second.before second
refused 3 'rolled back' as_old m1 list
rm -rf vault second && mv vault.now vault && mv second.now second
ok as_new m1 list
STRONGROOM_STATE=$W/state.first ok as_new m1 list

# Once more, by the passphrase; then the keys before the keys before are still those of what they sealed.
echo 'another passphrase' >pp
ok new sr service rotate --new-passphrase-file pp
has 'service-key'
ok as ri cat "$CHECKOUT" 0 --service-passphrase-file pp
has text
ok sr verify --service-passphrase-file pp
ok as au log --json --service-passphrase-file pp
same "$(jq '[.[] | select(.type == "service-key")] | length' out)" 2
STRONGROOM_STATE=$W/state.first ok as m1 list --service-passphrase-file pp

# Killed at every thirteenth step; at every one in tests/soak/rotate.sh.
undone=0 finished=0 told=0 stride=${KILL_STRIDE:-13}
for ((n = 1; n < 900; n += stride)); do
	rm -rf vault second state next.key && cp -a vault.before vault && cp -a second.before second && cp -a state.before state
	rc=0
	SR_FAULT="$n:-1" old sr service rotate --unlock-new next.key >/dev/null 2>&1 || rc=$?
	rm -rf cut public && cp -a vault cut
	if [[ -e next.key ]] && as_new au log --json >the.log 2>log.err; then
		finished=$((finished + 1))
		# As the kill left it, an outsider finds all of it right.
		ok as_new au log export "$W/public"
		ok "$STRONGROOM_VERIFY" vault cut --key "$FIRST" --key-change public/key-change.1
		same "$(jq -r ".[$before].type" the.log)" service-key "the next entry after a kill at step $n"
		same "$(jq '[.[] | select(.type == "service-key")] | length' the.log)" 1 "after a kill at step $n"
		same "$(in_keys)" 'service service.board' "after a kill at step $n"
		((n % 8 != 1)) || new sr verify >/dev/null 2>&1 || fail "killed at step $n: verify"
	else
		undone=$((undone + 1))
		as_old au log --json >the.log 2>log.err || fail "killed at step $n: neither old nor new: $(cat log.err)"
		same "$(jq length the.log)" "$before" "killed at step $n: entries"
		same "$(in_keys)" 'service service.board' "after a kill at step $n"
	fi
	# Until one behind the change fails that matters: told, and the next opening goes on.
	if ((rc == 137 && finished > 1 && told == 0)); then
		rm -rf vault second state next.key && cp -a vault.before vault && cp -a second.before second && cp -a state.before state
		if ! SR_FAULT="$n:5" old sr service rotate --unlock-new next.key >out 2>err; then
			has 'what to do: the new way to unlock is in force; the next opening .* goes on'
			told=1
			ok as_new au log --json
		fi
	fi
	((rc == 137)) || break
done
((rc == 0 && undone * stride > 3 && finished * stride > 10)) || fail "kills: status $rc after $n, $undone undone, $finished finished"
((told > 0)) || fail 'no failure behind the change'

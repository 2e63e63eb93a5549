#!/bin/bash
# The custodian is gone with the passphrase of the service keys: three of five members give the keys back. Too few, a piece
# of another recovery, one with a wrong share, one twice: named. Afterwards the log begins again with `recover`.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

in_keys() { find vault/keys -type f -printf '%f\n' | sort | xargs; }
founded 5
echo text >f
released f
granted "$ITEM"
[[ -s vault/keys/service.board ]] || fail 'the open board has no keys/service.board'
! grep -q 'Name of' vault/keys/service.board || fail 'a name in keys/service.board'
ok as au log --json
before=$(jq length out)
rm vault.key
refused 1 'vault.key: no such file|no such file' sr status
cp -a vault vault.before
cp -a state state.before

echo 'the new passphrase' >new
refused 2 'key F is missing' sr recover begin r.ask --new-passphrase-file new
ok sr recover begin r.ask --key r.key --new-passphrase-file new --json
said=$(json fingerprint)
[[ $said =~ ^([0-9a-f]{4}\ ){7}[0-9a-f]{4}$ ]] || fail "fingerprint $said"
refused 1 'there already' sr recover begin r.ask --key other.key --new-passphrase-file new
[[ ! -e other.key ]] || fail 'a key of no recovery is left'

# Members, on machines of their own: no vault there.
piece() { STRONGROOM_VAULT=/nowhere as "$1" recover piece "${3-r.ask}" --out "$1.piece" --fingerprint "${2-$said}" "${@:4}"; }
refused 1 'has the fingerprint' piece m1 "${said/?/x}"
refused 1 'no piece is made' setsid "$STRONGROOM_T" recover piece r.ask --out m1.piece --as m1.id --passphrase-file pass
[[ ! -e m1.piece ]] || fail 'a piece came of a refusal'
refused 1 'none of the 5 members' piece ri
sed 's/^key .*/key AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=/' r.ask >bad.ask
refused 3 'low order' piece m1 "$said" bad.ask
ok piece m1
ok piece m3
refused 1 '2 good pieces of different members, and the board wants 3' \
	sr recover finish m1.piece m3.piece --key r.key --service-passphrase-file new
has 'what to do: ask the members'
cp m1.piece again.piece
refused 1 '2 good pieces' sr recover finish m1.piece m3.piece again.piece --key r.key --service-passphrase-file new
has 'gave another piece already'
# One of another recovery, one that was changed on the way: each names its member.
ok sr recover begin o.ask --key o.key --new-passphrase-file new --json
other=$(json fingerprint)
[[ $other != "$said" ]] || fail 'two recoveries have one fingerprint'
ok piece m4 "$other" o.ask
mv m4.piece m4.other
ok piece m5
sed "s/^id ./id $(sed -n 's/^id \(.\).*/\1/p' m5.piece | tr 0-9a-f 1-9a-f0)/" m5.piece >m5.bad
refused 1 '2 good pieces' sr recover finish m1.piece m3.piece m4.other m5.bad --key r.key --service-passphrase-file new
has "m4.other does not count: the piece of member 4 \($(who m4)\): it was made for another recovery"
has "m5.bad does not count: the piece of member 5 \($(who m5)\).*signature"
refused 1 'wrong passphrase' sr recover finish m1.piece m3.piece m5.piece --key r.key --service-passphrase-file pass
sed 's/^number .*/number 99/' vault.before/keys/service.board >vault/keys/service.board
refused 3 'service.board.*proof' sr recover finish m1.piece m3.piece m5.piece --key r.key --service-passphrase-file new
cp vault.before/keys/service.board vault/keys/service.board
cmp vault/keys/service vault.before/keys/service || fail 'a refusal changed keys/service'

# Enough; also where the file itself is lost, and no backup has it.
rm vault/keys/service
refused 3 'keys/service: no such file' env -u STRONGROOM_UNLOCK "$STRONGROOM_T" status --service-passphrase-file new
has 'or from the board'
ok sr recover finish m1.piece m4.other m3.piece m5.piece --key r.key --service-passphrase-file new
has 'opens with the new passphrase'
has 'service keys are new ones'
has 'm4.other does not count'
unset STRONGROOM_UNLOCK
ok as au log --json --service-passphrase-file new
same "$(jq -r ".[$before].type" out)" recover 'the first entry afterwards'
same "$(jq -r "[.[] | select(.type == \"recover\")] | length" out)" 1
same "$(jq -r ".[$((before + 1))].type" out)" service-key 'and the keys change behind it'
same "$(in_keys)" 'service service.board'
# The old seal is made anew: pieces for it open nothing, and the recovery cannot be made twice.
! cmp -s vault/keys/service.board vault.before/keys/service.board || fail 'the seal is the one before'
refused 3 'not the one that the members were asked about' \
	sr recover finish m1.piece m3.piece m5.piece --key r.key --service-passphrase-file new
# Everything works on.
export STRONGROOM_UNLOCK=
new() { "$@" --service-passphrase-file new; }
ok new sr verify
ok new sr rebuild
has 'equal to the one before'
ok new as ri checkout "$ITEM" --json
ok new as ri cat "$(json checkout)" 0
has text

# Killed at every step: the vault before, untouched, or the new passphrase with the entry in the log, once and first.
mv vault vault.after
old=0 fresh=0
for ((n = 1; n < 400; n++)); do
	rm -rf vault state && cp -a vault.before vault && cp -a state.before state # nobody remembers the other futures
	rc=0
	# Without the change of keys behind it, whose steps are service-rotate.sh's.
	SR_FAULT="$n:-1" sr recover finish m1.piece m3.piece m5.piece --key r.key --keep-keys --service-passphrase-file new >/dev/null 2>&1 || rc=$?
	if as au log --json --service-passphrase-file new >the.log 2>log.err; then
		fresh=$((fresh + 1))
		same "$(jq -r ".[$before].type" the.log)" recover "the first entry after a kill at step $n"
		same "$(jq '[.[] | select(.type == "recover")] | length' the.log)" 1 "after a kill at step $n"
		same "$(in_keys)" 'service service.board' "after a kill at step $n"
	else
		grep -q 'wrong passphrase\|credential' log.err || fail "killed at step $n: $(cat log.err)"
		old=$((old + 1))
		cmp -s vault/keys/service vault.before/keys/service || fail "killed at step $n: neither old nor new"
		((n % 4 != 0)) || sr recover finish m1.piece m3.piece m5.piece --key r.key --service-passphrase-file new >/dev/null 2>&1 ||
			fail "killed at step $n: it cannot be done again"
	fi
	((rc == 137)) || break
done
((rc == 0 && old > 3 && fresh > 3)) || fail "kills: status $rc after $n, $old old, $fresh new"

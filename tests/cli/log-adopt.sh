#!/bin/bash
# An older copy of a vault is put back, and a witness knows more: the log goes on under a new name, by the custodian's word and
# the board's vote. Until then nothing opens; witnesses take it for a log that they never saw; readers follow the name when
# the votes are proven, and are told what of theirs was lost. A name without votes is believed by nobody, and no name excuses
# that what it says is there is not. (Kills and failing disks: fail-adopt.sh.)
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

WITNESS_PID=
finish() {
	local rc=$?
	[[ -z $WITNESS_PID ]] || kill "$WITNESS_PID" 2>/dev/null || true
	(exit "$rc")
	end
}
trap finish EXIT
LOST=(--confirm 'entries are lost')
SECOND=archive.example/second THIRD=archive.example/third

founded
echo one >one
released one
granted "$ITEM"
sr witness new "$W/w" --name witness.example/w1 --unlock-new "$W/w.key" --quiet >/dev/null
ok sr witness policy --json
OLD=$(json log)
sr witness log add "$W/w" "$OLD" --quiet
bound "$STRONGROOM_T" witness serve "$W/w" --unlock "$W/w.key" --port 0 >"$W/started" 2>"$W/witness.err" &
WITNESS_PID=$!
until grep -qs ' at http' "$W/started" || ! kill -0 "$WITNESS_PID" 2>/dev/null; do sleep 0.05; done
read -r KEY _ URL <"$W/started" || fail "no witness: $(cat "$W/witness.err")"
echo "witness w1 $KEY $URL" >policy
echo 'quorum w1' >>policy
ok sr witness policy policy
ok sr witness now
checked_out "$ITEM" --receipt "$W/before"
ok as ri return "$CHECKOUT"
ok as m2 request list # m2 has seen nothing of what is lost below
refused 1 'nothing is lost' sr log adopt "$SECOND" --known 3 "${LOST[@]}"

ok as au log export "$W/www"     # the folder of an outsider, who comes back after it is lost
ok as au log export "$W/earlier" # and of one who does not
# What comes now is lost; m1, the researcher and the officer verified it.
ok sr witness now --json
AGREED=$(json size)
cp -a "$STRONGROOM_VAULT" "$W/older"
ok as m1 comment "$REQUEST" 'seen by m1 alone'
checked_out "$ITEM" --receipt "$W/lost"
ok as ri return "$CHECKOUT"
ok as of log --json
ok as au log export "$W/www"
ok sr witness now --json
KNOWN=$(json size)
SAID=$((KNOWN - 3)) # less than the auditor saw
rm -r "$STRONGROOM_VAULT"
cp -a "$W/older" "$STRONGROOM_VAULT"
# Before anybody asked the witness the copy went on: an entry that stands where m1's stood.
ok as m2 comment "$REQUEST" 'after the copy was put back'
# Without memory for its sentence an alarm is kept nevertheless: whoever opens the vault next is told.
shim=${STRONGROOM_T%/*}/shim.so
if [[ -f $shim ]] && ! sanitized; then
	cp -a "$STRONGROOM_VAULT" rolled
	rc=0
	LD_PRELOAD=$shim FAULT_STACKS=$W/stacks FAULT_ROOT=$W sr witness now >out 2>err || rc=$?
	((rc == 3)) || fail "status $rc of an alarm"
	mapfile -t places < <(awk '$1 == "memory" && $5 ~ /^libc/ &&
		$6 ~ /^(raise_alarm|take_one|take_all|sr_witnessing_[a-z]+)[.+]/ { print "1@" $4 }' stacks)
	((${#places[@]} > 0)) || fail 'no memory is taken for an alarm'
	for at in "${places[@]}"; do
		rm -r "$STRONGROOM_VAULT"
		cp -a rolled "$STRONGROOM_VAULT"
		rc=0
		LD_PRELOAD=$shim FAULT="memory $at 12" FAULT_HIT=$W/hit FAULT_ROOT=$W sr witness now >out 2>err || rc=$?
		grep -q '^memory ' hit || fail "memory $at did not come"
		((rc == 5)) || fail "status $rc of an alarm for which there was no memory"
		has 'the alarm is kept: witness witness.example'
		refused 4 'writing stops' as m2 comment "$REQUEST" again
	done
	rm -r "$STRONGROOM_VAULT"
	mv rolled "$STRONGROOM_VAULT"
fi
refused 3 'gives an alarm' sr witness now
refused 4 'writing stops' as m2 comment "$REQUEST" again

# The custodian names it: words are needed, and a name that it never had.
refused 2 'known is missing' sr log adopt "$SECOND"
refused 2 'confirm.*missing' sr log adopt "$SECOND" --known "$KNOWN"
refused 2 'no space' sr log adopt 'archive second' --known "$KNOWN" "${LOST[@]}"
before=$(sed -n 's/^origin //p' "$STRONGROOM_VAULT/strongroom.conf")
refused 2 'founded with' sr log adopt "$before" --known "$KNOWN" "${LOST[@]}"
# It says that less is lost than is, and that the entry after the copy was there before.
ok sr log adopt "$SECOND" --known "$SAID" "${LOST[@]}" --json
same "$(json agreed)" "$((AGREED + 1))"
NEW=$(json log)
[[ $NEW == "$SECOND"+* && ${NEW##*+} == "${OLD##*+}" ]] || fail "another key: $NEW, $OLD"
same "$(head -n 1 "$STRONGROOM_VAULT/ledger/checkpoint")" "$SECOND"
[[ ! -e $STRONGROOM_VAULT/ledger/alarm ]] || fail 'the alarm is there still'

# Nobody believes it; who votes says the name. m1, of whose entry it says that it is there, believes it not even then.
ok sr witness status
has "the log goes on as $SECOND.*the board has to confirm"
refused 3 'board has not confirmed' as m2 request list
refused 3 'board has not confirmed' as ri request list
refused 3 'board has not confirmed' as of log --log-name archive.example/other
refused 3 'does not lead to the new root' as m1 request list
refused 3 'does not lead to the new root' as m1 request list --log-name "$SECOND"
ok as m2 log adopt --ask --reason 'the disk died; the copy of yesterday' --log-name "$SECOND"
# So it takes another one, which says no less; this time as it is.
refused 1 'says no less' sr log adopt "$THIRD" --known "$((SAID - 1))" "${LOST[@]}"
ok sr log adopt "$THIRD" --known "$SAID" --agreed "$AGREED" "${LOST[@]}" --json
NEW=$(json log)
refused 3 'board has not confirmed' as m1 request list
refused 3 'board has not confirmed' as m1 request list --log-name "$SECOND"
ok as m1 log adopt --ask --reason 'the disk died; the copy of yesterday' --log-name "$THIRD" --json
ask=$(json request)
grep -q 'WARNING.*you had verified' err || fail 'm1 is not told that their entry is gone'
refused 3 'board has not confirmed' as m2 vote "$ask" approve
ok as m2 vote "$ask" approve --log-name "$THIRD"
grep -q "its first $AGREED entries are as they were, and that others know of $SAID" err || fail "what is voted on: $(cat err)"
refused 3 'board has not confirmed' as m2 request list
ok as m3 vote "$ask" approve --log-name "$THIRD"
has 'decided: the log goes on'
refused 1 'log-confirmed' as m2 log adopt --ask --reason 'once more'
grep -q "goes on as $THIRD" err || fail 'who voted is not told that it is so now'

# Readers follow: who saw nothing of what is lost is told of the name once; who did is told of that too; and who had seen more
# than was said tells the board first.
ok as m2 request list
grep -q "goes on as $THIRD" err && fail 'told twice'
ok as m1 request list
grep -q 'WARNING.*you had verified' err || fail 'm1 is not told again, though nothing was remembered when they voted'
ok as m1 request list
grep -q 'goes on as' err && fail 'told twice'
refused 3 "more is gone than was said" as au log --json
ok as au log --json --log-name "$THIRD"
grep -q "you had verified [0-9]* entries; those from $AGREED on are gone" err || fail "what is lost: $(cat err)"
ok as au log --json
grep -q 'goes on as' err && fail 'told twice'
person late
ok as cu1 person add late.id.card --role researcher
ok as late request list
grep -q "goes on as $THIRD" err || fail 'a first contact is not told'
# A machine without a connection believes what the bundle proves, votes and all, and nothing less.
ok as ri request "$ITEM" --purpose research --ends 20d --reason again --json --log-name "$THIRD"
REQUEST=$(json request)
ok as m2 request show "$REQUEST" --bundle b
STRONGROOM_STATE=$W/state.none STRONGROOM_VAULT=/nowhere ok as m2 vote "$REQUEST" approve --bundle b --out v
ok as m2 submit v

# The witness takes it for a log that it never saw, and things open again.
refused 1 'not witnessed' env SR_WITNESS_MS=300 "$STRONGROOM_T" checkout "$ITEM" --as "$W/ri.id" --passphrase-file "$W/pass"
sr witness log add "$W/w" "$NEW" --quiet
ok sr witness now --json
same "$(json asked)" yes
same "$(json size)" "$(json witnessed)"
ok as ri checkouts --live --json
CHECKOUT=$(json 0.id)
ok as ri cat "$CHECKOUT" 0
has one
ok as ri return "$CHECKOUT"
ok as of log grep 'what log-continued' --json --log-name "$THIRD"
same "$(jq length out)" 2

# Outsiders: an export goes on where nothing of it was lost, and else into a folder of its own.
refused 3 'Another history' as au log export "$W/www"
ok as au log export "$W/earlier"
ok as au log export "$W/www2"
ok "$STRONGROOM_VERIFY" log "$W/www2" --key "$NEW"
refused 1 "goes on as $THIRD|no key of $THIRD" "$STRONGROOM_VERIFY" log "$W/www2" --key "$OLD"
CHANGES=(--key-change "$W/www2/key-change.1" --key-change "$W/www2/key-change.2")
ok "$STRONGROOM_VERIFY" log "$W/www2" --key "$OLD" "${CHANGES[@]}"
has "WARNING: this log was $SECOND, and is $THIRD"
has 'it continues test.example/vault'
ok "$STRONGROOM_VERIFY" log "$W/earlier" --key "$OLD" "${CHANGES[@]}" --since "$W/before.tlog-proof"
ok "$STRONGROOM_VERIFY" consistency "$W/before.tlog-proof" "$W/www2/checkpoint" --log "$W/www2" --key "$OLD" "${CHANGES[@]}"
refused 1 'rolled back.*says that it lost' "$STRONGROOM_VERIFY" log "$W/www2" --key "$OLD" "${CHANGES[@]}" --since "$W/lost.tlog-proof"
# A note whose root is not that of the log: two histories under one key.
sed "s/^root ./root $(sed -n 's/^root \(.\).*/\1/p' "$W/www2/key-change.2" | tr '0-9a-f' '1-9a-f0')/" "$W/www2/key-change.2" >forged
refused 1 'REFUSED' "$STRONGROOM_VERIFY" log "$W/www2" --key "$OLD" --key-change "$W/www2/key-change.1" --key-change forged
# Auditors read it by the key that the members signed, and say the name.
refused 3 "goes on as $THIRD" as au log --export "$W/www2" --key "$OLD" --json
refused 2 'the key that the members signed' as au log --export "$W/www2" --key "$NEW" --json
ok as au log --export "$W/www2" --key "$OLD" --log-name "$THIRD" --json
same "$(jq '[.[] | tostring | select(test("log-continued"))] | length' out)" 2
ok as au log disclose 0 --out "$W/told"
refused 3 . sr log open "$W/told" --key "$OLD"
ok sr log open "$W/told" --key "$OLD" "${CHANGES[@]}"
ok python3 "$W/www2/reader.py" log "$W/www2" "$NEW"
ok python3 "$W/www2/reader.py" open "$W/told" "$NEW"
has 'founded as test.example/vault'
refused 1 . python3 "$W/www2/reader.py" open "$W/told" "$OLD"
# All of it holds in a replay, in a backup, and in the auditor's program, on a copy of the vault.
ok sr rebuild
has equal
ok sr verify
ok sr audit replay
has 'is equal to the replayed one'
ok sr backup "$W/backup" --secrets "$W/s.backup" --escrow "$W/escrow" --secrets-passphrase-file "$W/pass"
ok "$STRONGROOM_VERIFY" vault "$STRONGROOM_VAULT" --key "$NEW"
refused 1 "no key of $THIRD was given" "$STRONGROOM_VERIFY" vault "$STRONGROOM_VAULT" --key "$OLD"
ok "$STRONGROOM_VERIFY" receipt "$W/lost.tlog-proof" --key "$OLD"
ok "$STRONGROOM_VERIFY" vault "$STRONGROOM_VAULT" --key "$OLD" "${CHANGES[@]}" --since "$W/before.tlog-proof"
refused 1 'is of test.example/vault, not of|no key of' "$STRONGROOM_VERIFY" vault "$STRONGROOM_VAULT" --key "$NEW" --since "$W/before.tlog-proof"
refused 1 'REFUSED.*rolled back' "$STRONGROOM_VERIFY" vault "$STRONGROOM_VAULT" --key "$OLD" "${CHANGES[@]}" --since "$W/lost.tlog-proof"
# The keys change under the new name, and everybody follows.
ok sr service rotate --unlock-new next.key
export STRONGROOM_UNLOCK=$W/next.key
ok as m1 request list
ok as late request list
ok as au log export "$W/www2"
ok "$STRONGROOM_VERIFY" log "$W/www2" --key "$OLD" "${CHANGES[@]}"

#!/bin/bash
# An older copy of a vault is put back, and a witness knows more: the log goes on under a new name, by the custodian's word and
# the board's vote. Until then nothing opens; witnesses take it for a log that they never saw; readers follow the name when
# the votes are proven, and are told what of theirs was lost. A name without votes is believed by nobody.
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

founded
echo one >one
released one
granted "$ITEM"
sr witness new "$W/w" --name witness.example/w1 --unlock-new "$W/w.key" --quiet >/dev/null
ok sr witness policy --json
OLD=$(json log)
sr witness log add "$W/w" "$OLD" --quiet
"$STRONGROOM_T" witness serve "$W/w" --unlock "$W/w.key" --port 0 >"$W/started" 2>"$W/witness.err" &
WITNESS_PID=$!
until grep -qs ' at http' "$W/started" || ! kill -0 "$WITNESS_PID" 2>/dev/null; do sleep 0.05; done
read -r KEY _ URL <"$W/started" || fail "no witness: $(cat "$W/witness.err")"
echo "witness w1 $KEY $URL" >policy
echo 'quorum w1' >>policy
ok sr witness policy policy
ok sr witness now
checked_out "$ITEM" --receipt "$W/before"
ok as ri return "$CHECKOUT"
ok as m1 request list # m1 has seen nothing of what is lost below
refused 1 'nothing is lost' sr log adopt archive.example/second --known 3 --confirm 'entries are lost'

ok as au log export "$W/www" # the folder of an outsider
# What comes now is lost; the researcher and the officer verified it.
cp -a "$STRONGROOM_VAULT" "$W/older"
checked_out "$ITEM" --receipt "$W/lost"
ok as ri return "$CHECKOUT"
ok as of log --json
ok sr witness now --json
KNOWN=$(json size)
rm -r "$STRONGROOM_VAULT"
cp -a "$W/older" "$STRONGROOM_VAULT"
refused 3 'gives an alarm' sr witness now
refused 4 'writing stops' as m2 comment "$REQUEST" again

# The custodian names it: words are needed, and a name that it never had.
refused 2 'known is missing' sr log adopt archive.example/second
refused 2 'confirm.*missing' sr log adopt archive.example/second --known "$KNOWN"
refused 2 'no space' sr log adopt 'archive second' --known "$KNOWN" --confirm 'entries are lost'
before=$(sed -n 's/^origin //p' "$STRONGROOM_VAULT/strongroom.conf")
refused 2 'founded with' sr log adopt "$before" --known "$KNOWN" --confirm 'entries are lost'
ok sr log adopt archive.example/second --known "$KNOWN" --confirm 'entries are lost' --json
NEW=$(json log)
[[ $NEW == archive.example/second+* && ${NEW##*+} == "${OLD##*+}" ]] || fail "another key: $NEW, $OLD"
same "$(head -n 1 "$STRONGROOM_VAULT/ledger/checkpoint")" archive.example/second
[[ ! -e $STRONGROOM_VAULT/ledger/alarm ]] || fail 'the alarm is there still'

# Nobody believes it; who votes says the name.
ok sr witness status
has 'the log goes on as archive.example/second.*the board has to confirm'
refused 3 'board has not confirmed' as ri request list
refused 3 'board has not confirmed' as m1 request list
refused 3 'board has not confirmed' as of log --log-name archive.example/other
ok as m1 log adopt --ask --reason 'the disk died; the copy of yesterday' --log-name archive.example/second --json
ask=$(json request)
refused 3 'board has not confirmed' as m2 vote "$ask" approve
ok as m2 vote "$ask" approve --log-name archive.example/second
refused 3 'board has not confirmed' as ri request list
ok as m3 vote "$ask" approve --log-name archive.example/second
has 'decided: the log goes on'
refused 1 'log-confirmed' as m2 log adopt --ask --reason 'once more'
grep -q 'goes on as archive.example/second' err || fail 'who voted is not told that it is so now'

# Readers follow: who saw nothing of what is lost is told of the name once; who did is told of that too.
ok as m2 request list
grep -q 'goes on as archive.example/second' err && fail 'told twice'
ok as au log --json
grep -q 'goes on as archive.example/second' err || fail 'not told of the new name'
grep -q 'are gone' err && fail 'nothing that the auditor verified was lost'
ok as of log --json
grep -q "you had verified [0-9]* entries" err || fail 'not told of what is lost'
ok as of log --json
grep -q 'goes on as' err && fail 'told twice'
person late
ok as cu1 person add late.id.card --role researcher
ok as late request list
grep -q 'goes on as archive.example/second' err || fail 'a first contact is not told'

# The witness takes it for a log that it never saw, and things open again, with new votes where rooms were renewed.
refused 1 'not witnessed' env SR_WITNESS_MS=1500 "$STRONGROOM_T" checkout "$ITEM" --as "$W/ri.id" --passphrase-file "$W/pass"
sr witness log add "$W/w" "$NEW" --quiet
ok sr witness now --json
same "$(json asked)" yes
same "$(json size)" "$(json witnessed)"
ok as ri checkouts --live --json
CHECKOUT=$(json 0.id)
ok as ri cat "$CHECKOUT" 0
has one
ok as ri return "$CHECKOUT"
ok as of log grep 'event continued' --json
same "$(jq length out)" 1
same "$(jq -r '.[0].fields[] | select(.[0] == "known")[1]' out)" "$KNOWN"
ok as of log grep 'what log-continued' --json
same "$(jq length out)" 1

# Outsiders: an export goes into a folder of its own; an auditor reads it, and what is disclosed, by the name and the old key.
refused 3 'checkpoint' as au log export "$W/www"
ok as au log export "$W/www2"
ok "$STRONGROOM_VERIFY" log "$W/www2" --key "$NEW"
refused 3 'checkpoint' as au log --export "$W/www2" --key "$OLD" --json
ok as au log --export "$W/www2" --key "$OLD" --log-name archive.example/second --json
same "$(jq '[.[] | tostring | select(test("log-continued"))] | length' out)" 1
ok as au log disclose 0 --out "$W/told"
ok sr log open "$W/told" --key "$OLD" --log-name archive.example/second
refused 3 . sr log open "$W/told" --key "$OLD"
# All of it holds in a replay, in a backup, and in the auditor's program, which knows the new name by its key alone.
ok sr rebuild
has equal
ok sr verify
ok "$STRONGROOM_VERIFY" vault "$STRONGROOM_VAULT" --key "$NEW"
refused 1 'no key of archive.example/second was given' "$STRONGROOM_VERIFY" vault "$STRONGROOM_VAULT" --key "$OLD"
ok "$STRONGROOM_VERIFY" receipt "$W/lost.tlog-proof" --key "$OLD"
ok "$STRONGROOM_VERIFY" vault "$STRONGROOM_VAULT" --key "$NEW" --key "$OLD" --since "$W/before.tlog-proof"
has 'WARNING.*before.tlog-proof is of test.example/vault; the log goes on as archive.example/second'
refused 1 'REFUSED' "$STRONGROOM_VERIFY" vault "$STRONGROOM_VAULT" --key "$NEW" --since "$W/before.tlog-proof"
refused 1 'REFUSED.*(rolled back|forked)' "$STRONGROOM_VERIFY" vault "$STRONGROOM_VAULT" --key "$NEW" --key "$OLD" --since "$W/lost.tlog-proof"

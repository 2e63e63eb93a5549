#!/bin/bash
# After the service keys changed: a witness cosigns again when its operator added the log's next key, and an outsider with
# nothing but the first key follows the log to the next one; a change that the key before did not sign is followed by nobody.
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
verify() { "$STRONGROOM_VERIFY" "$@"; }
vkey() { sr witness policy --json >policy.json && json log policy.json; }

founded
echo one >one
released one
granted "$ITEM"
FIRST=$(vkey)
sr witness new "$W/w" --name witness.example/w1 --unlock-new "$W/w.key" --quiet >/dev/null
sr witness log add "$W/w" "$FIRST" --quiet
bound "$STRONGROOM_T" witness serve "$W/w" --unlock "$W/w.key" --port 0 >"$W/started" 2>"$W/witness.err" &
WITNESS_PID=$!
until grep -q ' at http' "$W/started" || ! kill -0 "$WITNESS_PID" 2>/dev/null; do sleep 0.05; done
read -r KEY _ URL <"$W/started" || fail "no witness: $(cat "$W/witness.err")"
printf 'witness w1 %s %s\nquorum w1\n' "$KEY" "$URL" >policy
ok sr witness policy policy
ok sr witness now
ok as au log export "$W/old"
ok as au log prove 0 --out "$W/old.tlog-proof"
ok verify log "$W/old" --key "$FIRST"
# The list of packs as it was, before the last deposit under the first key.
cp vault/packs/INVENTORY* .
find vault/packs -type f -name '[0-9a-f]*' | sort >packs.old
echo two >two
ok as de deposit --collection box two
find vault/packs -type f -name '[0-9a-f]*' | sort >packs.new

ok sr service rotate --unlock-new next.key
has 'operators of the 1 witness'
export STRONGROOM_UNLOCK=$W/next.key
SECOND=$(vkey)
refused 1 'quorum|not met' sr witness now
# What the witness cosigned before the change still counts for what lies before it.
ok sr witness status
sr witness log add "$W/w" "$SECOND" --quiet
ok sr witness now
checked_out "$ITEM"
ok as ri cat "$CHECKOUT" 0
has one

ok sr witness now

# The outsider.
ok as au log prove 0 --out "$W/new.tlog-proof"
ok as au log export "$W/public"
ok verify log "$W/public" --key "$FIRST"
ok verify log "$W/public" --key "$SECOND"
ok verify log "$W/public" --key "$FIRST" --since "$W/old.tlog-proof" --since "$W/old/checkpoint"
# An auditor who has the export and their identity alone reads across the change, and every signature holds.
(
	export STRONGROOM_VAULT=$W/nowhere
	ok as au log show --export "$W/public" --json --fingerprint "$FINGERPRINT"
	[[ $(jq -r '[.[] | .type] | index("service-key")' out) != null ]] || fail 'the auditor does not read the change'
	(($(jq '[.[] | .type] | length - index("service-key")' out) > 3)) || fail 'nothing behind the change is read'
)
CHANGE=$W/public/key-change.1
refused 1 'none of its' verify receipt new.tlog-proof --key "$FIRST"
ok verify receipt new.tlog-proof --key "$FIRST" --key-change "$CHANGE"
ok verify receipt old.tlog-proof --key "$FIRST" --key-change "$CHANGE"
ok verify consistency old.tlog-proof new.tlog-proof --key "$FIRST" --key-change "$CHANGE" --log "$W/public"
ok verify vault vault --key "$FIRST" --key-change "$CHANGE"
ok verify vault vault --key "$FIRST" --key "$SECOND"
refused 1 'none of its' verify vault vault --key "$FIRST"
# The list of before, put back for the pack that is taken away: a key that has ended says nothing of what there is now.
cp -r vault hurt
cp INVENTORY* hurt/packs/
sed 's/^vault/hurt/' <(comm -13 packs.old packs.new) | xargs rm
refused 1 'INVENTORY: it is signed by a key of the log, and not by' verify vault hurt --key "$FIRST" --key-change "$CHANGE"
refused 1 'INVENTORY: it is signed by a key of the log, and not by' verify vault hurt --key "$FIRST" --key "$SECOND"
# Only the key of its time: the second does not vouch for what was before it.
refused 1 'none of its|another time' verify receipt old.tlog-proof --key "$SECOND"
# Not signed by the key before, changed on the way, of something else.
for change in 's/^from .*/from 3/' 's/^ledger-key .*/ledger-key '"${FIRST//\//\\/}/"; do
	sed "$change" "$CHANGE" >bad
	refused 1 'signature|verif|ended with' verify receipt new.tlog-proof --key "$FIRST" --key-change bad
done
sed '$d' "$CHANGE" | sed '$d' >bad
refused 3 'note|signature' verify receipt new.tlog-proof --key "$FIRST" --key-change bad
refused 3 'not a type' verify receipt new.tlog-proof --key "$FIRST" --key-change public/checkpoint
refused 1 'none of its' verify receipt new.tlog-proof --key "$SECOND" --key-change "$CHANGE"
# In an export a change that proves nothing is nothing: the key given does not reach the checkpoint.
cp -r public forged
sed 's/^from .*/from 3/' "$CHANGE" >forged/key-change.1
refused 1 'none of its' verify log "$W/forged" --key "$FIRST"
refused 2 'key' verify log "$W/public"

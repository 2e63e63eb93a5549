#!/bin/bash
# Epochs of the log's key, which auditors get, and a change of the service keys among them: each epoch opens under the keys that
# it began under, whoever is given it and whenever; an epoch of later is no epoch of the keys before.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
person nu
nu=$(who nu)
add() {
	ok as of auditor add "$@" --reason 'the external audit' --json
	ask=$(json request)
	ok as m1 vote "$ask" approve
	ok as m2 vote "$ask" approve
}
# From which entry on, and whether to the end without a gap.
reads() { as "$1" log --json >the.log && jq -r '[.[].index] | "\(first) \(first + length == last + 1)"' the.log; }

ok sr service rotate --unlock-new next.key
has 'service-key'
export STRONGROOM_UNLOCK=$W/next.key
ok as m1 auditor list --json
same "$(jq -r '[.epochs[].epoch] | join(" ")' out)" '1 2'
add nu.id.card
ok as m1 auditor list --json
same "$(jq -r '[.epochs[].epoch] | join(" ")' out)" '1 2 3'
echo text >f
released f
same "$(reads au)" '0 true' 'the auditor of always'
first=$(reads nu) && first=${first%% *}
((first > 17)) || fail "the new auditor reads from entry $first on"

# Given what was before: two epochs of the keys of now, and one of those before.
add "$nu" --from 1
same "$(reads nu)" '0 true' 'the new auditor, who was given all'
same "$(jq '[.[] | select(.type == "service-key")] | length' the.log)" 1
ok sr verify
ok sr audit replay
has 'is equal to the replayed one'
ok as cu1 log export "$W/export"
(
	export STRONGROOM_VAULT=$W/nowhere
	ok as nu log --export "$W/export" --fingerprint "$FINGERPRINT"
	has 'signatures are good'
	hasnt 'not checked'
)

# Once more: three generations of keys, and epochs of each.
ok sr service rotate --unlock-new third.key
export STRONGROOM_UNLOCK=$W/third.key
for one in au nu; do
	same "$(reads $one)" '0 true' "$one after another change"
done
same "$(jq '[.[] | select(.type == "key-epoch")] | length' the.log)" 4
ok sr verify
ok sr rebuild
has 'equal to the one before'

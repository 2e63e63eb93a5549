#!/bin/bash
# Items end: the board decides, what is open in core is wiped from its memory, a tombstone is left.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

judges() { (($(id -u) == 0)) && ! sanitized && (($(lines_with wombat-) > 0)); }

founded
seq -f 'wombat-%06.0f burrow' 60000 >one
echo two >two
released two
stays=$ITEM
released one
ok as cu1 describe "$ITEM" --title 'Wombats of the north' --keyword marsupial
granted "$ITEM" "$stays"
core
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
cmp -s out one || fail 'not the file'
judged=no
! judges || judged=yes

# Who may ask, and what stands in the way.
refused 2 'reason is missing' as cu1 destroy "$ITEM"
refused 1 'house-asks-to-destroy' as ri destroy "$ITEM" --reason 'mine'
ok as of hold "$ITEM" --reason 'an inquiry' --json
hold=$(json 0.flag)
refused 1 'hold-stands' as cu1 destroy "$ITEM" --reason 'the contract ended'
ok as of lift "$ITEM" "$hold"
ok as cu1 destroy "$ITEM" --reason 'the contract ended' --json
end=$(json request)
ok as m1 inbox
has "vote ${end:0:12} \(destroy for"
ok as m1 vote "$end" approve
has "${ITEM:0:12} +Wombats of the north"
ok as ri cat "$CHECKOUT" # nothing ends before the last vote
ok as m2 vote "$end" approve
has "destroyed: the items of request $end"

refused 1 'checkout' as ri cat "$CHECKOUT"
refused 1 'destroyed' as ri checkout "$ITEM"
[[ $judged = no ]] || same "$(lines_with wombat-)" 0 'lines of the destroyed item in the memory of core'
ok as ri show "$ITEM"
has 'state +destroyed'
hasnt 'Wombats|marsupial|one'
ok as ri list --json
same "$(jq -r '[.[] | .state] | sort | join(" ")' out)" 'destroyed released'
ok as ri search wombats
hasnt "${ITEM:0:12}"
refused 1 'item-not-released' as ri request "$ITEM" --purpose research --ends 30d --reason r
refused 1 'item-state' as cu1 describe "$ITEM" --title 'again'
refused 1 'item-state' as of hold "$ITEM" --reason 'too late'
ok as ri checkout "$stays" --json
ok as ri cat "$(json checkout)"
same "$OUT" two
core_stop

# The certificate: what was erased, when, and what it cannot promise; with the receipt of the destruction.
refused 1 'there is no destruction' as cu1 certificate "$stays"
refused 1 'there is no item' as ri certificate ffffffffffffffffffffffffffffffff
ok as ri certificate "${ITEM:0:12}" --out end.cert --receipt end
has "^item $ITEM"
has '^secrets 0'
has '^second none'
has 'not-promised media'
has '^collected none'
has 'shared-blocks +blocks that other items'
grep -q "^— test.example/vault/room " end.cert || fail 'it is not signed by the room key'
[[ -s end.tlog-proof && -s end.keys ]] || fail 'no receipt was kept'
ok as of certificate "$end" --json
grep -q "^request $end" <<<"$(json certificate)" || fail 'not the certificate of the request'
refused 1 'there already' as ri certificate "$ITEM" --out end.cert

ok sr status --json
same "$(json destroyed)" 1
ok sr scrub
ok sr verify
ok sr rebuild
has 'equal'
ok as ri show "$ITEM"
has 'state +destroyed'
[[ $judged = yes ]] || echo 'the memory of core was not judged (needs root and a program without a sanitizer)'

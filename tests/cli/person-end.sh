#!/bin/bash
# The end of a person stops what they could do, at once, and says what is left to do; other roles end by vote.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded 4 2
echo text >f
released f
granted "$ITEM"
checked_out "$ITEM"
ri=$(who ri) cu1=$(who cu1) m4=$(who m4)
ok as ri cat "$CHECKOUT" 0
ok as m1 person show "$ri"
has "grant +id $GRANT, state live, items 1"
ok as cu1 person end ri.id.card --reason 'has left'
has 'has no role any more'
has "suspended: grant $GRANT"
has "left: grant id $GRANT, state suspended, items 1"
refused 1 'no role|not a person' as ri cat "$CHECKOUT" 0
ok as m1 grants --all --json
same "$(json 0.state)" suspended
same "$(json 0.suspended-by)" service
# A curator: a quorum says so, and the box of what is held goes.
deposit f
ok as cu1 person end "$cu1" --reason 'retires' --json
end=$(json request)
ok as m1 vote "$end" approve
ok as m2 vote "$end" approve
has 'decided'
ok as m1 person show "$cu1"
has 'roles once +.*curator'
has 'held +boxes 0, items 1'
refused 1 'no role' as cu1 checkout "$ITEM" --right quarantine
ok as cu2 checkout "$ITEM" --right quarantine
refused 1 'last-of-role' as of person end cu2.id.card
# A member: the others must still be enough.
ok as of person end "$m4" --json
end=$(json request)
for m in m1 m2; do ok as $m vote "$end" approve; done
refused 1 'no role' as m4 inbox
ok as m1 person show "$m4"
has 'share +member 4, epoch 1'
ok as m1 board show
ok sr verify
ok sr rebuild

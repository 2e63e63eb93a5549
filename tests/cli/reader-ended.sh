#!/bin/bash
# A researcher who is named in an open request leaves: nobody approves it any more, everybody who looks is told why and what
# to do, and the applicant amends it, gets it back, or withdraws it. What was granted to both goes on for who stays, by a
# quorum, with the pieces that there are.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
person rb rc
for p in rb rc; do ok as cu1 person add "$p.id.card" --role researcher; done
echo text >f
released f
# Granted to both, and asked for by both.
requested "$ITEM" --with rb.id.card rc.id.card
BOTH=$REQUEST
for p in rb rc; do ok as "$p" join "$BOTH"; done
for m in m1 m2; do ok as "$m" vote "$BOTH" approve; done
ok as ri grants --request "$BOTH" --json
GRANT=$(json 0.id)
requested "$ITEM" --with rb.id.card rc.id.card
for p in rb rc; do ok as "$p" join "$REQUEST"; done
ok as m1 vote "$REQUEST" approve
# And one that the other has not joined yet.
OPEN=$REQUEST
requested "$ITEM" --with rb.id.card
WAITS=$REQUEST
# A member has suspended the grant for a reason of their own, and another asks the board to let it go on.
ok as m1 suspend "$GRANT" --reason 'a question'
ok as m2 lift "$GRANT" --reason 'it is answered' --json
before=$(json request)
ok as cu1 person end rb.id.card --reason 'has left'
has "suspended: grant $GRANT"
# That somebody left is not m1's to lift, nor what was asked before it was known.
refused 1 'who-suspended-lifts' as m1 lift "$GRANT"
ok as m3 vote "$before" approve
has 'suspended anew after this request'
ok as m1 grants --all --request "$BOTH" --json
same "$(json 0.state) $(json 0.suspended-by)" 'suspended service'
RB=$(who rb)

# Who looks is told.
refused 1 "nothing shows that $RB is a researcher" as m2 vote "$OPEN" approve
has 'amend --without'
refused 1 "nothing shows that $RB" as m1 vote "$WAITS" approve
ok as m2 inbox
hasnt "vote ${OPEN:0:12}"
ok as m3 request show "$OPEN"
has "waits +$RB \\(Name of rb\\) is no researcher here any more"
ok as m3 request show "$OPEN" --json
same "$(json ended.0.person)" "$RB"
ok as ri inbox
has "amend ${OPEN:0:12} .*amend ${OPEN:0:12} --without WHO, or withdraw ${OPEN:0:12}: left has $RB"
ok as ke notices list --json
same "$(jq '[.[] | select(.what == "amend-needed")] | length' out)" 2
same "$(jq '[.[] | select(.what == "request" or .what == "vote-needed")] | length' out)" 0

# Amended, for who stays: a new version, votes anew.
refused 2 'not --without too' as ri amend "$OPEN" --with rc.id.card --without rb.id.card
refused 2 'no co-applicant of the request' as ri amend "$OPEN" --without m1.id.card
refused 1 'not-a-researcher' as ri amend "$OPEN" --reason 'the same people'
ok as ri amend "$OPEN" --without "$RB"
ok as ri request show "$OPEN" --json
same "$(json person.0)" "$(who rc)"
same "$(json tally.approved)" 0
same "$(jq '.ended | length' out)" 0
for m in m1 m2; do ok as "$m" vote "$OPEN" approve; done
has 'granted'
ok as rc checkout "$ITEM" --json
CHECKOUT=$(json checkout)
ok as rc cat "$CHECKOUT"
same "$OUT" text
ok as rc return "$CHECKOUT"

# Sent back by one member, which takes no piece; amended, it names nobody any more; withdrawn.
ok as m2 vote "$WAITS" correct --reason 'rb has left'
ok as ri amend "$WAITS" --without rb.id.card
ok as ri withdraw "$WAITS"

# What both were granted: the board lets it go on. New pieces would be sealed to who left, so nobody gives any.
refused 1 'suspended' as ri checkout "$ITEM" --grant "$GRANT"
ok as m1 lift "$GRANT" --reason 'the two others stay' --json
lift=$(json request)
ok as m2 vote "$lift" approve
has 'lifted'
ok as rc checkout "$ITEM" --grant "$GRANT" --json
ok as rc cat "$(json checkout)"
same "$OUT" text
refused 1 'no role' as rb checkout "$ITEM" --grant "$GRANT"
refused 1 "$RB is a researcher.*those who stay make a new one" as m3 vote "$BOTH" topup
echo later >g
released g
refused 1 'those who stay make a new request' as ri extend "$GRANT" "$ITEM"
ok sr verify
ok sr rebuild
has 'equal'

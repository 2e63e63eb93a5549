#!/bin/bash
# A vote demands a training of whoever reads: it must hold at every checkout, and a refusal names the one that is over.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo text >f
released f
requested "$ITEM"
ok as m1 vote "$REQUEST" approve --training trauma-awareness --training first-aid
ok as m2 vote "$REQUEST" approve --training trauma-awareness
ok as ri grants --request "$REQUEST" --json
same "$(jq -r '.[0].training | join(" ")' out)" 'first-aid trauma-awareness'
ok as m3 request show "$REQUEST"
has 'training +first-aid'
refused 1 'training-missing.*first-aid, which nobody attested' as ri checkout "$ITEM"
has 'attest PERSON --kind training --term TERM'
hasnt 'checkouts --live' # nothing of theirs is in the way
ri=$(who ri)
ok as of attest "$ri" --kind training --term first-aid --ends 365d --json
aid=$(json attestation)
# Somebody else's, and an affiliation of that name, are none.
ok as of attest "$(who de)" --kind training --term trauma-awareness --ends 365d
ok as of attest "$ri" --kind affiliation --term trauma-awareness --ends 365d
refused 1 'training-missing.*trauma-awareness' as ri checkout "$ITEM"
soon=$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)
ok as of attest "$ri" --kind training --term trauma-awareness --ends "$soon"
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
same "$OUT" text
ok as ri return "$CHECKOUT"
# Somebody is reading when it ends: the next page is not given.
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
export SR_TIME_AHEAD=3700
refused 1 "the training trauma-awareness, and that of $ri expired at $soon" as ri cat "$CHECKOUT"
ok as ri return "$CHECKOUT"
refused 1 "training-expired.*trauma-awareness, and that of $ri expired at $soon" as ri checkout "$ITEM"
ok as of attest "$ri" --kind training --term trauma-awareness --ends 365d
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
ok as ri return "$CHECKOUT"
ok as of attest end "${aid:0:12}" --reason 'it was not passed'
refused 1 'training-ended.*first-aid' as ri checkout "$ITEM"
refused 1 'settled' as m3 vote "$REQUEST" topup --training x
requested "$ITEM"
refused 1 'too-many-trainings' as m1 vote "$REQUEST" approve --training a,b,c,d,e,f,g
refused 2 'twice' as m1 vote "$REQUEST" approve --training a,a
refused 1 'vote-surplus' as m1 vote "$REQUEST" reject --training a
ok sr verify
ok sr rebuild
has 'equal'

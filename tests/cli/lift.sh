#!/bin/bash
# A member suspends a grant and is away; two others lift it.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo text >f
released f
granted "$ITEM"
ok as m3 suspend "$GRANT" --reason 'a question'
ok as m3 inbox
has "lift ${GRANT:0:12}"
# From here on m3 is away.
refused 1 'who-suspended-lifts' as m1 lift "$GRANT"
has 'reason'
refused 1 'no grant begins with .*' as m1 lift "${ITEM:0:12}"
has 'lift ITEM FLAG'
refused 1 'members-ask-to-lift' as of lift "$GRANT" --reason 'it is answered'
refused 1 'own-grant-not-lifted' as ri lift "$GRANT" --reason 'I want to go on'
ok as m1 lift "$GRANT" --reason 'the question is answered' --json
LIFT=$(json request)
ok as m2 inbox
has "vote ${LIFT:0:12} \(lift for"
ok as m2 request show "$LIFT"
has "target +$GRANT"
has 'the question is answered'
refused 1 'suspended' as ri checkout "$ITEM" --grant "$GRANT"
ok as m2 vote "$LIFT" approve
has "lifted: grant $GRANT"
checked_out "$ITEM" --grant "$GRANT"
ok as ri cat "$CHECKOUT"
same "$OUT" text
ok as ri return "$CHECKOUT"
ok as m2 request list --kind lift --json
same "$(json 0.state)" granted
ok as au log --type lift --json
same "$(json 0.actor)" service
refused 1 'nothing to lift' as m1 lift "$GRANT" --reason 'once more'
ok sr verify
ok sr rebuild

#!/bin/bash
# A member's key is lost, perhaps stolen, and replaced without its own word: what it voted on and is not decided yet is decided
# without that vote, here and in everybody's program. They vote anew.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded 3 2
echo text >f
released f
m1=$(who m1)
requested "$ITEM"
OPEN=$REQUEST
requested "$ITEM"
DONE=$REQUEST
person cu3
ok as of person add cu3.id.card --role curator --json
ROLE=$(json request)
# Whoever has the key votes, and one of the two is decided before it is replaced.
for r in "$OPEN" "$DONE" "$ROLE"; do ok as m1 vote "$r" approve; done
ok as m2 vote "$DONE" approve
has granted
ok sr identity renew m1b.id --person "$m1" --name 'Name of m1' --passphrase-file pass
ok as of person rekey m1b.id.card --json
KEY=$(json request)
ok as m2 vote "$KEY" approve
ok as m3 vote "$KEY" approve
has "void, to be given anew: their vote on request $OPEN"
has "void, to be given anew: their vote on request $ROLE"
hasnt "$DONE"
ok as m2 request show "$OPEN" --json
same "$(json tally.approved)" 0
# One vote is one vote.
ok as m2 vote "$OPEN" approve
hasnt granted
ok as m2 vote "$ROLE" approve
ok as m2 request show "$ROLE" --json
same "$(json state)" open
# Anew.
ok as m1b vote "$ROLE" approve
ok as m2 request show "$ROLE" --json
same "$(json state)" granted
ok as m1b board restore-share --old m1.id --old-passphrase-file pass
ok as m1b vote "$OPEN" approve
has granted
ok as ri grants --request "$OPEN" --json
ok as ri checkout "$ITEM" --grant "$(json 0.id)" --json
ok as ri cat "$(json checkout)" 0
# Everybody's program believes who got a role so.
ok as cu3 person show "$m1"
ok sr rebuild
ok as m2 request show "$OPEN" --json
same "$(json state)" granted

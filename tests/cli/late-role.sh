#!/bin/bash
# Votes that come late find other people than were asked about: whose roles ended since gets none by votes of before, and a
# card whose key was changed since ends the request, in words, and not every vote on it.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
person x y
state() {
	ok as m1 request show "$1" --json
	same "$(json state)" "$2"
}
ok as m1 person add x.id.card --role curator --json
R=$(json request)
ok as m1 vote "$R" approve
ok as cu1 person add x.id.card --role researcher
ok as of person end x.id.card --reason misconduct
ok as m2 vote "$R" approve
has 'refused: their roles were ended since this was asked'
state "$R" refused
ok as m1 person show "$(who x)"
hasnt 'roles +curator'
# Asked again it is given: the board knows whom it votes for.
ok as m1 person add x.id.card --role curator --json
R=$(json request)
for m in m1 m2; do ok as "$m" vote "$R" approve; done
ok as m1 person show "$(who x)"
has 'roles +curator'

ok as cu1 person add y.id.card --role researcher
ok as m1 person add y.id.card --role curator --json
R=$(json request)
ok as m1 vote "$R" approve
ok as m1 board reshare --join y.id.card --json
RESHARE=$(json request)
ok as m1 vote "$RESHARE" approve
ok as m1 board add --member m1.id.card y.id.card --level 2 --json
BOARD=$(json request)
ok as m1 vote "$BOARD" approve
ok sr identity renew y2.id --name 'Name of y' --old y.id --old-passphrase-file pass --passphrase-file pass
ok as cu1 person rekey y2.id.card
for r in "$R" "$RESHARE" "$BOARD"; do
	ok as m2 vote "$r" approve
	has 'refused: p-.* has another key than was voted on'
	state "$r" refused
done
ok as au audit replay
ok sr rebuild
has 'equal'

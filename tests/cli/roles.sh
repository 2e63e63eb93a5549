#!/bin/bash
# Each act asks for its role, and says which.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo text >f
refused 1 'depositor|curator' as ri deposit f --collection box
deposit f
refused 1 'curator' as de describe "$ITEM" --title x
refused 1 'curator' as m1 release "$ITEM"
refused 1 'no item|know|not' as ri show "$ITEM"
refused 1 'curator|officer' as ri person add m1.id.card --role depositor
refused 2 'no role depositr: researcher, depositor, curator' as cu1 person add m1.id.card --role depositr
refused 2 '"null" is no id' as cu1 show null
refused 1 'auditor|officer' as ri log
as cu1 describe "$ITEM" --title x --quiet >/dev/null
as cu2 release "$ITEM" --quiet >/dev/null
requested "$ITEM"
refused 1 'member' as of vote "$REQUEST" approve
refused 1 'researcher' as m1 request "$ITEM" --purpose research --ends 9d --reason r
person stranger
refused 1 'role' as stranger list
# One that a quorum gives: an auditor more.
ok as m1 person add stranger.id.card --role auditor --reason 'a second pair of eyes' --json
request=$(json request)
ok as m1 vote "$request" approve
refused 1 'role' as stranger log
ok as m2 vote "$request" approve
ok as stranger board show
# And one that ends.
ok as cu1 person end "$(who ri)" --reason 'left'
refused 1 'role' as ri list

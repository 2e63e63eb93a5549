#!/bin/bash
# A hazard that is raised after release stops every checkout until a quorum of the old level has the item sealed anew; then
# live grants of it need topups.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo text >f
released f
granted "$ITEM"
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
ok as ri return "$CHECKOUT"
ok as cu1 describe "$ITEM" --title paper --hazard instructional
refused 1 'hazard-raised' as ri checkout "$ITEM"
old=$(find vault/items -name "$ITEM.*")
refused 2 'reason' as cu1 reseal ask "$ITEM"
refused 1 'reseal-soon' as cu1 reseal ask "$ITEM" --reason graphic --ends 40d
refused 1 'role-missing' as ri reseal ask "$ITEM" --reason graphic
ok as cu1 reseal ask "$ITEM" --reason 'it is graphic' --json
asked=$(json request)
ok as m1 vote "$asked" approve
ok as m2 vote "$asked" approve
ok as cu1 grants --request "$asked" --json
same "$(json 0.right)" reseal
sealing=$(json 0.id)
refused 1 'shown' as cu1 checkout "$ITEM" --grant "$sealing" --right reseal
ok as cu1 reseal run "$sealing"
has 'level 3'
new=$(find vault/items -name "$ITEM.*")
[[ $old != "$new" && ! -e $old ]] || fail "the old envelope is still there: $new"
refused 1 'resealed-already' as cu1 checkout "$ITEM" --grant "$sealing" --right reseal
ok as cu1 reseal run "$sealing"
hasnt 'level 3'
refused 1 'topup-needed' as ri checkout "$ITEM"
ok as m1 request show "$REQUEST"
has 'needs topup +.*0 of 3 members'
for m in m1 m2; do ok as "$m" vote "$REQUEST" topup; done
refused 1 '2 of 3' as ri checkout "$ITEM"
refused 1 'topped-up' as m1 vote "$REQUEST" topup
ok as m3 vote "$REQUEST" topup
ok as m1 request show "$REQUEST"
hasnt 'needs topup'
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
same "$OUT" text
ok sr verify
ok sr rebuild
has 'equal'

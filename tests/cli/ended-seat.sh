#!/bin/bash
# Whose roles the board ends gets no seat back through a reshare that was asked for, or decided, before: no share is dealt to
# them, and the board decides anew.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded 4 2
person y
ok as m1 board reshare --join y.id.card --json
R=$(json request)
for m in m1 m2; do ok as "$m" vote "$R" approve; done
ok as m1 board reshare --join y.id.card --json
LATER=$(json request)
ok as m1 vote "$LATER" approve
for m in m1 m2; do ok as "$m" board deal; done
for m in m1 m2 m3 y; do ok as "$m" board accept; done
ok as m1 person end "$(who m4)" --reason misconduct --json
E=$(json request)
for m in m1 m2; do ok as "$m" vote "$E" approve; done
has 'that is void'
ok as m1 inbox --json
same "$(jq '[.[] | select(.what == "deal" or .what == "accept")] | length' out)" 0
# Theirs would have been the last word.
refused 1 'and it is void' as m4 board accept
ok as m3 board show --json
same "$(json epoch)" 1
# The other request was about a member, too.
ok as m3 vote "$LATER" approve
has 'refused: the roles of p-.* were ended since this was asked'
ok as m1 request show "$LATER" --json
same "$(json state)" refused
refused 1 'rule member-ended' as m1 board reshare --join y.id.card
ok as m1 board reshare --leave "$(who m4)" --join y.id.card --json
R=$(json request)
for m in m1 m3; do ok as "$m" vote "$R" approve; done
for m in m1 m2; do ok as "$m" board deal; done
for m in m1 m2 m3 y; do ok as "$m" board accept; done
has 'the board is theirs now'
ok as y board show --json
same "$(json epoch)" 2
ok as m1 person show "$(who m4)"
hasnt 'roles +member'
ok as au audit replay
ok sr rebuild
has 'equal'

#!/bin/bash
# A seat is a board's to give. Whom the board ended, and another one seats later, does not sit here again; and who has left a
# board is a person like others, whose lost key one curator replaces.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded 4 2
person x y
m3=$(who m3) m4=$(who m4)
voted() { # what m1 asks, by m1 and m2
	ok as m1 "$@" --json
	local r
	r=$(json request)
	for m in m1 m2; do ok as "$m" vote "$r" approve; done
}
voted person end "$m4" --reason misconduct
voted board add --member m4.id.card x.id.card y.id.card --level 2
ok as m1 board list --json
B=$(jq -r '.[] | select(.founding | not) | .id' out)
for m in m4 x y; do ok as "$m" board deal --board "$B"; done
for m in m4 x y; do ok as "$m" board accept --board "$B"; done
ok as m1 person show "$m4"
has 'roles +member'
ok as m1 person add y.id.card --role curator --json
R=$(json request)
refused 1 'not an active member of the board' as m4 vote "$R" approve
ok as m4 inbox --json
same "$(jq 'length' out)" 0
ok as m2 board show --json
same "$(jq -r '[.members[] | select(.active | not) | .person] | join(" ")' out)" "$m4"
# Who leaves that other board has no seat at all, and is no member of anything.
ok as x board reshare --board "$B" --leave "$m4" --json
R=$(json request)
for m in x y; do ok as "$m" vote "$R" approve; done
for m in x y; do ok as "$m" board deal --board "$B"; done
for m in x y; do ok as "$m" board accept --board "$B"; done
has 'the board is theirs now'
ok as m1 person show "$m4"
hasnt 'roles +member'
refused 1 'no role in this vault' as m4 inbox
ok as m2 board show --json
same "$(jq -r '[.members[] | select(.active | not) | .person] | join(" ")' out)" "$m4"

ok as cu1 person add m3.id.card --role researcher
voted board reshare --leave "$m3" --leave "$m4" --join y.id.card
for m in m1 m2; do ok as "$m" board deal; done
for m in m1 m2 y; do ok as "$m" board accept; done
has 'the board is theirs now'
ok sr identity renew m3b.id --person "$m3" --name 'Name of m3' --passphrase-file pass
ok as cu1 person rekey m3b.id.card
echo text >f
released f
ok as m3b request "$ITEM" --purpose research --ends 30d --reason 'the thesis' --json
R=$(json request)
rm -rf state
for m in m1 y; do ok as "$m" vote "$R" approve; done
has granted
# Who reads the log from where they act on, too.
ok as au log --lines --type request
N=$(grep '"request"' out | tail -n 1 | jq .index)
rm -rf state
ok as au log --from "$N" --lines
same "$(head -n 1 out | jq .index)" "$N"
ok as au audit replay
ok sr rebuild
has 'equal'

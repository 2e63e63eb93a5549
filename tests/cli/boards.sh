#!/bin/bash
# A second board: the founding one makes it, its own members deal and accept, its collection is sealed to its own key, and
# only its members vote there. Neither board opens what is the other's.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
person n1 n2 n3
refused 1 'quorum-range' as m1 board add --member n1.id.card n2.id.card --level 5
refused 1 'members-count|want 2 to 32 members' as m1 board add --member n1.id.card --level 2
ok as m1 board add --member n1.id.card n2.id.card n3.id.card --level 2 --reason 'records of the clinic' --json
REQUEST=$(json request)
ok as m1 vote "$REQUEST" approve
refused 1 'no role in this vault' as n1 board deal
ok as m2 vote "$REQUEST" approve
has 'decided: board'
ok as m1 board list --json
same "$(json 0.founding)" yes
BOARD=$(json 1.id)
same "$(json 1.request)" "$REQUEST"
ok as m1 board list
has 'not open yet'

# Its members have no role before it is open, and take part in its ceremony all the same.
ok as n1 inbox
has 'board deal'
refused 1 'no keys yet' as m1 collection new clinic --board "$BOARD"
refused 1 'not all members have dealt|waiting for' as n1 board accept
for n in n1 n2 n3; do ok as $n board deal; done
refused 1 'none of the 3 members|not a member' as m1 board deal --board "${BOARD:0:8}"
for n in n1 n2; do ok as $n board accept; done
ok as n1 board show
has 'waiting for member 3'
ok as n3 board accept
has 'the board is open'
ok as n3 board show
has "board +$BOARD"
has ', open'
ok as n2 board minutes
has 'MINUTES OF A BOARD'

# A collection of its own, decided by its own members.
ok as n1 collection new clinic --board "${BOARD:0:8}" --json
CR=$(json request)
refused 1 'not a member of the board' as m1 vote "$CR" approve
ok as n1 vote "$CR" approve
ok as n2 vote "$CR" approve
ok as cu1 collection list --json
has "$BOARD"

echo 'of the archive' >old.txt
released old.txt
OLD=$ITEM
echo 'of the clinic' >new.txt
ok as de deposit --collection clinic --json new.txt
NEW=$(json item.0)
ok as cu1 describe "$NEW" --title clinic
ok as cu2 release "$NEW"

refused 2 'split the request' as ri request "$OLD" "$NEW" --purpose research --ends 30d --reason x
requested "$NEW"
ok as m1 inbox
hasnt "${REQUEST:0:8}"
refused 1 'not a member of the board|not an active member' as m1 vote "$REQUEST" approve
ok as n1 inbox
has "${REQUEST:0:8}"
ok as n1 vote "$REQUEST" approve
ok as n3 vote "$REQUEST" approve
has 'granted'
ok as ri checkout "$NEW" --json
CHECKOUT=$(json checkout)
ok as ri cat "$CHECKOUT"
same "$OUT" 'of the clinic'
refused 1 'rule members-suspend' as m1 suspend "$(as ri grants --json | jq -r '.[0].id')"

# What stands on an item is lifted by the board that it is under, without saying which.
ok as cu1 seal "$NEW" --reason 'names a patient' --json
flag=$(json 0.flag)
refused 1 'checkout|sealed' as ri cat "$CHECKOUT"
ok as n2 lift "$NEW" "$flag" --ask --reason 'the patient agrees' --json
LIFT=$(json request)
refused 1 'not a member of the board|not an active member' as m1 vote "$LIFT" approve
ok as n1 vote "$LIFT" approve
has 'lifted: a seal'
ok as ri show "$NEW"
hasnt 'sealed'

# The founding board goes on as before.
granted "$OLD"
refused 1 'not a member of the board|not an active member' as n1 vote "$REQUEST" approve
checked_out "$OLD"
ok as ri cat "$CHECKOUT"
same "$OUT" 'of the archive'

# What is the vault's as a whole is the founding board's to decide; the log says the same again.
ok sr rebuild
ok as au audit replay --quiet
ok sr verify
ok as n2 board show
has ', open'

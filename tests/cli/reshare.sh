#!/bin/bash
# A board hands its keys on: one member leaves, one joins, and it takes more of them than before. The keys stay: what was
# granted before opens as before; votes of before are void, and who left votes no more. Each step is a process of its own.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded 3 2
person n1
echo 'kept' >old.txt
released old.txt
OLD=$ITEM
granted "$OLD"
OLDGRANT=$GRANT
echo 'asked before' >new.txt
released new.txt
NEW=$ITEM
requested "$NEW"
PENDING=$REQUEST
ok as m1 vote "$PENDING" approve
ok as m1 board show --json
KEY=$(json levels.0.key)

M2=$(who m2) M3=$(who m3)
refused 2 'not a member of this board' as m1 board reshare --leave p-0000000000000000 --join n1.id.card
refused 2 '--quorum 3:2: the board has no level 3' as m1 board reshare --leave "$M3" --join n1.id.card --quorum 3:2
refused 1 'quorum-range' as m1 board reshare --leave "$M3" --join n1.id.card --quorum 2:4
refused 1 'levels-kept|want LEVEL:K|dealers-count' as m1 board reshare --leave "$M3" --join n1.id.card --dealer "$M2"
ok as m1 board reshare --leave "$M3" --join n1.id.card --quorum 2:3 --reason 'm3 leaves' --json
R=$(json request)
ok as m1 vote "$R" approve
refused 1 'no role in this vault' as n1 board accept
ok as m2 vote "$R" approve
has 'reshared'
ok as m1 board show
has 'A reshare is under way: then 3 of these 3'
has 'waiting for member 1 .*member 2'
ok as m1 inbox
has 'board deal'
refused 1 'not-a-dealer|none of the 2 who deal' as m3 board deal
ok as m1 board deal
refused 1 'has dealt in run 2 already' as m1 board deal
refused 1 'not all members have dealt' as n1 board accept
ok as m2 board deal
ok as n1 inbox
has 'board accept'
ok as n1 board accept
ok as m1 board accept

# Until all have accepted everything is as it was.
ok as m3 board show
has 'waiting for member 2'
ok as m3 inbox
has "${PENDING:0:8}"
ok as m2 board accept
has 'the board is theirs now'

# The key is the same; the open request is voted on anew, by three, and who left is gone.
ok as n1 board show --json
same "$(json levels.0.key)" "$KEY"
same "$(json epoch)" 2
refused 1 'no role in this vault|not a member' as m3 vote "$PENDING" approve
ok as m1 inbox
has "${PENDING:0:8}"
for m in m1 m2; do ok as $m vote "$PENDING" approve; done
hasnt 'granted'
ok as n1 vote "$PENDING" approve
has 'granted'
checked_out "$NEW"
ok as ri cat "$CHECKOUT"
same "$OUT" 'asked before'

# What was granted before opens with the pieces of before.
ok as ri checkout "$OLD" --grant "$OLDGRANT" --json
CHECKOUT=$(json checkout)
ok as ri cat "$CHECKOUT"
same "$OUT" 'kept'

# What is asked for now.
ok as ri return "$CHECKOUT"
requested "$OLD"
for m in n1 m1 m2; do ok as $m vote "$REQUEST" approve; done
has 'granted'

# And on: the next one is decided by the members of now, and may be asked for anew before it is done.
N1=$(who n1)
person n2
ok as m1 board reshare --leave "$N1" --join n2.id.card --quorum 2:2 --json
R=$(json request)
for m in m1 m2 n1; do ok as $m vote "$R" approve; done
ok as m1 board deal
ok as m1 board reshare --join n2.id.card --quorum 2:2 --json
R=$(json request)
for m in m1 m2 n1; do ok as $m vote "$R" approve; done
ok as m1 board show
has 'then 2 of these 4'
for m in m1 m2 n1; do ok as $m board deal; done
for m in m1 m2 n1 n2; do ok as $m board accept; done
has 'the board is theirs now'
requested "$NEW"
ok as n2 vote "$REQUEST" approve
ok as m2 vote "$REQUEST" approve
has 'granted'
ok sr rebuild
ok as au audit replay --quiet
ok sr verify
ok as n2 board minutes

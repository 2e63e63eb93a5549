#!/bin/bash
# A board gets a new key, for when k shares of the one before may be loose. From then on what comes is sealed to the new key;
# what is there is sealed anew by pieces of those who sat before, released and held items alike, in more than one sitting. An
# item is readable all the while, under the key that it has; what is sealed anew needs pieces of those who sit now, and says so.
# Each step is a process of its own.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded 3 2,3
person n1
echo 'first' >first.txt
released first.txt
A=$ITEM
HAZARD=malware released first.txt
B=$ITEM
echo 'held' >held.txt
deposit held.txt
H=$ITEM
as cu1 describe "$H" --title paper --quiet >/dev/null
requested "$A" "$B"
for m in m1 m2 m3; do ok as $m vote "$REQUEST" approve; done
has 'granted'
GRANTED=$REQUEST
ok as ri grants --request "$GRANTED" --json
G=$(json 0.id)
requested "$A"
PENDING=$REQUEST
ok as m1 vote "$PENDING" approve
ok as m1 board show --json
KEY=$(json levels.0.key)
ok as m2 board sheet --out m2.sheet
grep -v '^#' m2.sheet >m2.typed
M3=$(who m3)

# Who decides: all levels' items are the board's, so it takes what the highest takes.
refused 1 'reshare-by-its-board' as cu1 board rekey --leave "$M3" --join n1.id.card
refused 1 'quorum-range' as m1 board rekey --leave "$M3" --quorum 3:3
ok as m1 board rekey --leave "$M3" --join n1.id.card --reason 'two safes were open' --json
R=$(json request)
ok as m1 vote "$R" approve
ok as m2 vote "$R" approve
hasnt 'decided'
ok as m3 vote "$R" approve
has 'the board gets a new key'
ok as m1 board show
has 'A new key is under way: then 2, 3 of these 3'
refused 1 'none of the 3 who deal' as m3 board deal
for m in m1 m2 n1; do ok as $m board deal; done
ok as m1 board accept
ok as n1 board accept

# Until all have accepted everything is as it was.
ok as m3 inbox
has "${PENDING:0:8}"
ok sr status
hasnt 'new key'
ok as m2 board accept
has 'the board is theirs now'
ok as m1 board show --json
same "$(json epoch)" 2
[[ $(json levels.0.key) != "$KEY" ]] || fail 'the key is what it was'
same "$(json left)" 3
same "$(json left-held)" 1
ok sr status
has 'new key +3 items are left'
has 'service keys +OLDER THAN THE BOARD'
# keys/service.board is sealed to the new key.
grep -q '^keys ' vault/keys/service.board || fail 'no keys/service.board'

# What is under the key before is read as before, and asked for by nobody until it is sealed anew.
checked_out "$A" --grant "$G"
ok as ri cat "$CHECKOUT"
same "$OUT" 'first'
ok as ri return "$CHECKOUT"
refused 1 'key-before' as ri request "$B" --purpose research --ends 30d --reason 'the thesis'
refused 1 'another key' as m1 vote "$PENDING" approve
# Who left votes on what is left, and begins nothing of their own.
refused 1 'left-the-board' as m3 seal "$A" --reason 'a last word'
refused 1 'left-the-board' as m3 collection new other --reason 'a last word'
refused 1 'role-missing|sits on no board|not an active member|left-the-board' as m3 suspend "$G" --reason 'a last word'
# What comes from now on is the new key's alone.
echo 'new' >new.txt
released new.txt
N=$ITEM
requested "$N"
refused 1 'not a member of the board' as m3 vote "$REQUEST" approve
ok as n1 vote "$REQUEST" approve
ok as m1 vote "$REQUEST" approve
has 'granted'
checked_out "$N"
ok as ri cat "$CHECKOUT"
same "$OUT" 'new'

ok as cu1 inbox
has 'reseal .*reseal ask --left'
# The first sitting: one item, which three of those who sat before have to open. Nobody else can.
refused 2 'which items' as cu1 reseal ask --reason 'the key is loose'
refused 2 'not both' as cu1 reseal ask "$A" --left --reason 'the key is loose'
ok as cu1 reseal ask "$B" --reason 'the key is loose' --json
ONE=$(json request)
ok as m1 request show "$ONE"
refused 1 'was not a member of the board in epoch 1' as n1 vote "$ONE" approve
ok as m3 inbox
has "vote ${ONE:0:8}"
for m in m1 m2 m3; do ok as $m vote "$ONE" approve; done
has 'granted'
ok as cu1 grants --request "$ONE" --json
ok as cu1 reseal run "$(json 0.id)"
has 'envelope 3, level 3'
ok as m1 board show
has 'left under a key before are 2 items .held: 1.'

# The second: all that is left, voted on from a file by who sits no more. A held item stays held.
refused 2 'want 1 to' as cu1 reseal ask --left --limit 0 --reason 'the key is loose'
refused 2 'go with --left' as cu1 reseal ask "$A" --limit 1 --reason 'the key is loose'
ok as cu1 reseal ask --left --limit 2 --reason 'the key is loose' --json
TWO=$(json request)
refused 1 'nobody asked about' as cu1 reseal ask --left --reason 'the key is loose'
ok as m1 board show
has 'All of them are asked about'
ok as cu1 inbox
hasnt 'reseal ask'
ok as m3 request show "$TWO" --bundle two.bundle
STRONGROOM_STATE=$W/away STRONGROOM_VAULT=$W/nowhere as m3 vote "$TWO" approve --bundle two.bundle --out two.vote --quiet >/dev/null
ok as cu1 submit two.vote
ok as m1 vote "$TWO" approve
ok as m2 vote "$TWO" approve
has 'granted'
# While items are left, a sheet of before brings a share of that key, for them alone.
refused 1 'of other keys than the board has' as m2 board restore-share --sheet m2.typed
ok as cu1 grants --request "$TWO" --json
ok as cu1 reseal run "$(json 0.id)"
has 'left to do: new service keys'
ok as m1 board show
hasnt 'left under a key before'
has 'The service keys are older than the board'
# From here on the recovery sheets of before are paper: for the board, for what was left, for the service keys.
refused 1 'of other keys than the board has' as m2 board restore-share --sheet m2.typed
refused 1 'no item is left under a key before' as m2 board restore-share --sheet m2.typed --before
ok sr recover begin r.ask --key r.key --unlock-new other.key --json
said=$(json fingerprint)
refused 1 'none of the 3 members' as m3 recover piece r.ask --out m3.piece --fingerprint "$said"
for m in m1 m2 n1; do ok as $m recover piece r.ask --out $m.piece --fingerprint "$said"; done
ok as au log --type rekeyed --json
same "$(jq length out)" 1
ok sr status
hasnt 'new key'
# Who left is no member any more.
refused 1 'no role in this vault' as m3 board show

# The held item is looked at and released by curators as before.
ok as cu1 show "$H" --json
same "$(json state)" held
ok as cu1 checkout "$H" --right quarantine --json
ok as cu1 cat "$(json checkout)"
same "$OUT" 'held'
ok as cu2 release "$H"

# Live grants need pieces of those who sit now: it says of whom, and is read again when they are there.
refused 1 'topup-needed.*0 of 2' as ri checkout "$A" --grant "$G"
refused 1 'topup-needed.*0 of 3' as ri checkout "$B" --grant "$G"
ok as n1 inbox
has "topup ${GRANTED:0:8}"
ok as n1 vote "$GRANTED" topup
ok as n1 inbox
hasnt "topup ${GRANTED:0:8}"
ok as m1 vote "$GRANTED" topup
ok as m2 inbox
has '\(items: 1\)'
ok as m2 vote "$GRANTED" topup
for i in "$A" "$B"; do
	ok as ri checkout "$i" --grant "$G" --json
	CHECKOUT=$(json checkout)
	ok as ri cat "$CHECKOUT"
	same "$OUT" 'first'
	ok as ri return "$CHECKOUT"
done
# What was asked for before is decided by those who sit now.
for m in n1 m2; do ok as $m vote "$PENDING" approve; done
has 'granted'

# The recovery of the service keys takes the new shares, and makes new ones.
ok sr recover finish m1.piece m2.piece n1.piece --key r.key --unlock other.key
export STRONGROOM_UNLOCK=$W/other.key
ok sr status
hasnt 'OLDER'
ok as m1 board show
hasnt 'older than the board'
ok sr verify
ok sr rebuild
has 'equal'
ok as au audit replay --quiet
ok as n1 board check

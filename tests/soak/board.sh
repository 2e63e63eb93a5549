#!/bin/bash
# A board of 32 with levels 2 and 17: everybody deals to everybody; 16 votes do not open a dangerous item, 17 do. A minute
# of work for one core, which is why it is here.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.bash
. "$(dirname "$0")/../cli/lib.bash"

began=$SECONDS
founded 32 2,17
echo "founded by 32: $((SECONDS - began)) s"
ok as au board show --json
same "$(jq '.members | length' out)" 32
echo 'the numbat file' >f
HAZARD=instructional released f
requested "$ITEM"
for i in $(seq 5 20); do as "m$i" vote "$REQUEST" approve --quiet >/dev/null; done
refused 1 'grant' as ri checkout "$ITEM"
ok as m32 vote "$REQUEST" approve
has 'granted'
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
same "$OUT" 'the numbat file'
# Two clients of one core at once, each in its own checkout's way.
ok as ri return "$CHECKOUT"
core
checked_out "$ITEM"
as ri cat "$CHECKOUT" >one.out 2>one.err &
one=$!
as m3 request list --json >two.out 2>two.err &
two=$!
wait $one || fail "a client fails beside another: $(cat one.err)"
wait $two || fail "a client fails beside another: $(cat two.err)"
same "$(cat one.out)" 'the numbat file'
jq -e . two.out >/dev/null || fail 'no JSON beside another client'
ok as au verify
core_stop

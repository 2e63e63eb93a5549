#!/bin/bash
# kill -9 at any step of a vote: it counts once, or not at all and can be given again.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo text >f
released f
requested "$ITEM"
ok as m2 vote "$REQUEST" approve
for nth in 1 2 3 4 5 6 7 8 9 10 12 14 16 18 20 24 28; do
	rc=0
	SR_FAULT=$nth:-1 as m1 vote "$REQUEST" approve >out 2>err || rc=$?
	((rc == 0 || rc == 137 || rc == 1)) || fail "killed at step $nth: status $rc"
	ok as m3 request show "$REQUEST" --json
	[[ $(json state) = open ]] || break
done
same "$(json state)" granted
same "$(json tally.approved)" 2
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
same "$OUT" text
ok sr verify

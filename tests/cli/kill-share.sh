#!/bin/bash
# kill -9 at any step while a held item is shared: the box is there with its statement, or the same call makes it.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded 3 2
person late
printf 'one\n' >f
deposit f
ok as cu1 person add late.id.card --role curator --reason 'a third pair of eyes' --json
request=$(json request)
ok as m1 vote "$request" approve
ok as m2 vote "$request" approve
late=$(who late)
killed=0
for nth in 1 2 3 4 5 6 7 8 9 10 12 14 16 18 20 22 24 26 28 30; do
	rc=0
	SR_FAULT=$nth:-1 as cu1 held share "$late" --json >out 2>err || rc=$?
	((rc == 0 || rc == 137 || rc == 1)) || fail "killed at step $nth: status $rc"
	if ((rc == 0)); then break; fi
	killed=$((killed + 1))
done
((killed > 3)) || fail "only $killed kills"
ok as cu1 held share "$late"
boxes=$(as au log --type held-box --json | jq -s 'flatten | length')
((boxes >= 1)) || fail 'no statement of a box'
ok as cu1 held share "$late"
has 'nothing to share'
ok as late checkout "$ITEM" --right quarantine --json
ok as late cat "$(json checkout)"
same "$OUT" 'one'
ok sr verify

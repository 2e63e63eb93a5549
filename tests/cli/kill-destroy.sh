#!/bin/bash
# kill -9 at any step of the vote that destroys: the item is there whole, or it is gone and stays gone, its keys too.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo text >f
released f
granted "$ITEM"
ok as cu1 destroy "$ITEM" --reason 'it ends' --json
end=$(json request)
ok as m2 vote "$end" approve
told=no
steps=0
for nth in $(seq 1 "${KILL_STRIDE:-2}" 40); do
	rc=0
	SR_FAULT=$nth:-1 as m1 vote "$end" approve >out 2>err || rc=$?
	((rc == 0 || rc == 137 || rc == 1)) || fail "killed at step $nth: status $rc"
	ok sr status --json
	if grep -q 'destroyed items: [1-9]' out; then told=yes; fi
	ok as m3 request show "$end" --json
	[[ $(json state) = open ]] || break
	ok as ri show "$ITEM" --json
	same "$(json state)" released "after a kill at step $nth"
	steps=$nth
done
same "$(json state)" granted
((steps > 2)) || fail "only $steps steps were killed before the statement"
# Around the statement and after it: kill at each further step of the same erasure, with an item each. How many steps come
# before it varies by the folders that are made for objects, so a kill may still find it undone, and then all of it.
ended=0
for more in $(seq 1 "${KILL_STRIDE:-4}" 14); do
	released f
	ok as cu1 destroy "$ITEM" --reason 'it ends' --json
	end=$(json request)
	ok as m2 vote "$end" approve
	rc=0
	SR_FAULT=$((nth + more)):-1 as m1 vote "$end" approve >out 2>err || rc=$?
	((rc == 0 || rc == 137)) || fail "killed at step $((nth + more)): status $rc"
	ok sr status --json
	if grep -q 'destroyed items: [1-9]' out; then told=yes; fi
	ok as m3 request show "$end" --json
	state=$(json state)
	ok as m3 show "$ITEM" --json
	if [[ $state = open ]]; then
		same "$(json state)" released "after a kill at step $((nth + more)), before the statement"
		continue
	fi
	same "$(json state)" destroyed "after a kill at step $((nth + more))"
	[[ ! -e $(echo "$W"/vault/items/"$ITEM".*) ]] || fail 'its envelope is there'
	ended=$((ended + 1))
	((rc != 0)) || break
done
((ended > 1)) || fail "only $ended steps were killed after the statement"
same "$told" yes 'an opening told that it erased what was left'
ok sr scrub
ok sr verify

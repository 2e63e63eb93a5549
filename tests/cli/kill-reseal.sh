#!/bin/bash
# kill -9 at any step of a reseal: the item is wholly old, or it is wholly new; envelope, seal and slot of the other are gone,
# and the same command goes on with what is left.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

# sealing ITEM...: SEALING, a grant to seal them anew.
sealing() {
	ok as cu1 reseal ask "$@" --reason 'it is graphic' --json
	local asked
	asked=$(json request)
	for m in m1 m2 m3; do
		as "$m" vote "$asked" approve --quiet >/dev/null 2>&1 || [[ $m = m3 ]] || fail "vote of $m"
	done
	ok as cu1 grants --request "$asked" --json
	SEALING=$(json 0.id)
}

founded
echo text >f
released f
first=$ITEM
released f
second=$ITEM
granted "$first" "$second"
ok as cu1 describe "$first" --title paper --hazard instructional
sealing "$first" "$second"
number=2 old=0 new=0 steps=0
for nth in $(seq 1 "${KILL_STRIDE:-4}" 300); do
	rc=0
	SR_FAULT=$nth:-1 as cu1 reseal run "$SEALING" >out 2>err || rc=$?
	((rc == 0 || rc == 137 || rc == 1)) || fail "killed at step $nth: status $rc"
	ok sr status
	ok as m3 show "$first" --json
	at=$(json number)
	# Nothing but the envelope in force is there, and the scrub finds it whole.
	same "$(cd vault/items && echo "$first".*)" "$first.$at" "after a kill at step $nth"
	ok sr scrub
	has '; 0 findings'
	if ((at == number)); then old=$((old + 1)); else new=$((new + 1)) number=$at; fi
	((rc != 0)) || break
	steps=$nth
	((steps < 299)) || fail 'it never ends'
done
((old > 3)) || fail "only $old kills left the first item wholly old"
((new > 0)) || fail 'no kill left the first item new'
same "$number" 3
ok as cu1 reseal run "$SEALING" # nothing is left
hasnt 'level'
ok as m3 show "$second" --json
same "$(json number)" 3
same "$(json level)" 2
# What is new is read again once it is topped up, and only then.
refused 1 'topup-needed' as ri checkout "$first"
for m in m1 m2 m3; do ok as "$m" vote "$REQUEST" topup; done
for i in "$first" "$second"; do
	checked_out "$i"
	ok as ri cat "$CHECKOUT"
	same "$OUT" text
done
ok as au log --type incident --json
same "$(jq length out)" 0
ok sr verify
ok sr rebuild
has 'equal'

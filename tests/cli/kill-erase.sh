#!/bin/bash
# kill -9 at any step of the vote that erases what is kept of a person: either nothing is erased, or they are shown to nobody
# any more and the next opening erases what is left.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded 3 2
# gone NAME: somebody who was here, by that name; a request to erase what is kept of them has one vote. GONE, END.
gone() {
	sr identity new "$1.id" --name "Marked $1 zyxwv" --passphrase-file pass --quiet >/dev/null
	GONE=$(who "$1")
	ok as cu1 person add "$1.id.card" --role researcher
	ok as cu1 person end "$GONE" --reason 'zyxwv has left'
	ok as of person erase "$GONE" --ground retention --reason 'ten years' --json
	END=$(json request)
	ok as m2 vote "$END" approve
}
told=no
steps=0
gone p0
for nth in $(seq 40); do
	rc=0
	SR_FAULT=$nth:-1 as m1 vote "$END" approve >out 2>err || rc=$?
	((rc == 0 || rc == 137 || rc == 1)) || fail "killed at step $nth: status $rc"
	ok sr status --json
	if grep -q 'keys of what was kept of erased people' out; then told=yes; fi
	ok as m3 request show "$END" --json
	[[ $(json state) = open ]] || break
	ok as m3 person list
	has 'Marked p0'
	steps=$nth
done
same "$(json state)" granted
((steps > 3)) || fail "only $steps steps were killed before the statement"
for more in 1 2 3 4 5 6 7 8; do
	gone "p$more"
	rc=0
	SR_FAULT=$((nth + more)):-1 as m1 vote "$END" approve >out 2>err || rc=$?
	((rc == 0 || rc == 137)) || fail "killed at step $((nth + more)): status $rc"
	ok sr status --json
	if grep -q 'keys of what was kept of erased people' out; then told=yes; fi
	ok as m3 request show "$END" --json
	if [[ $(json state) = open ]]; then # killed before the statement, after all: steps shift a little
		ok as m1 vote "$END" approve
		continue
	fi
	ok as m3 person list
	hasnt "Marked p$more"
	ok as m3 person erasure "$GONE"
	has '^keys 0'
	((rc != 0)) || break
done
same "$told" yes 'an opening told that it erased what was left'
ok sr rebuild
has equal
ok as of log --json
hasnt 'Marked p'
ok sr verify

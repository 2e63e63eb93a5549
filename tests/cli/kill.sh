#!/bin/bash
# kill -9 at any step of a deposit: the next command repairs, says what it did, and nothing is half there.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
mkdir tree
for i in 1 2 3; do head -c 300000 /dev/urandom >tree/$i; done
steps=0
finished=0
for ((nth = 1; nth < 2000; nth += 1 + nth / 4)); do
	rc=0
	SR_FAULT=$nth:-1 as de deposit tree --collection box --json >out 2>err || rc=$?
	((rc == 0)) && finished=$((finished + 1)) || steps=$((steps + 1))
	((rc == 0 || rc == 137)) || fail "killed at step $nth: status $rc"
	ok sr status --json
	same "$(json checkouts-live)" 0
	((rc != 0)) || break
done
((steps >= 8 && finished == 1)) || fail "$steps kills, $finished ends"
ok sr verify
ok sr scrub
has '0 findings'
# Every accession in the log is whole.
ok as cu1 list --json
for id in $(jq -r '.[].id' out); do
	ok as cu1 show "$id" --json
	same "$(json files)" 3
done
deposit tree
ok sr rebuild
has 'equal'

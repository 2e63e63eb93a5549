#!/bin/bash
# The log is lived through again and agrees; it can be interrupted and goes on; with a running core others' calls go in
# between. (What is wrong is named: tests/unit/test_audit_replay.c.)
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo 'a page' >page.txt
released page.txt
granted "$ITEM"
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
ok as ri return "$CHECKOUT"
ok as m1 revoke "$GRANT" --reason 'it is enough'
REVOKE=$(as m2 inbox --json | jq -er '[.[] | select(.what == "vote")][0].request')
ok as m2 vote "$REVOKE" approve

ok sr audit replay
has 'replayed: [0-9]+ entries into a catalogue that began empty'
has '1 grants and 2 other decisions follow from the votes'
has '[1-9][0-9]* answers of the boards. rules follow from the rules and inputs'
has 'is equal to the replayed one: [0-9]+ rows'
[[ ! -e vault/catalogue-replay.db ]] || fail 'the replayed catalogue is left behind'
ok as au audit replay --json
same "$(json ended)" complete
same "$(json findings)" 0
same "$(json "done")" "$(json size)"
same "$(json signatures)" "$(json size)" 'every entry has its signature'
same "$(json grants)" 1
(($(json rules) >= 3)) || fail 'what the rules answered is not judged again'
same "$(json decisions)" 2 'a collection and a revocation'
refused 2 '.' as ri audit replay extra

# Interrupted: enough entries for a second step, and a stop after the first.
for ((i = 0; i < 2100; i += 50)); do seq -f "word %g of $i" 50 | split -l 1 -a 3 - "many.$i."; done
ok as de deposit --collection box --quiet many.*
ITEMS=$(as cu1 list --state held --json --limit 1000 | jq -er '.[].id')
for item in $(head -n 60 <<<"$ITEMS"); do as cu1 describe "$item" --title "t" --quiet >/dev/null; done
ok sr audit replay --json
same "$(json ended)" complete

# Through the socket, by any login; a researcher's own work goes on beside it.
core
ok as au audit replay --json
same "$(json ended)" complete
ok as cu1 list --state held
core_stop

#!/bin/bash
# Reading the log is itself logged, once an hour for the same reading; reading what is held on a person takes a reason, and
# tells that person; one's own is one's own.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo 'a page' >page.txt
HAZARD=graphic released page.txt
granted "$ITEM"
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
RI=$(who ri)

reads() { as au log --type read --lines 2>/dev/null | wc -l; }

# The log: one statement, whatever is read of it within the hour; a smaller range is covered by it.
ok as au log --type vote
ok as au log
ok as au log --from 3 --to 9
same "$(reads)" 1
ok as of log --type checkout
same "$(reads)" 2 'the officer said so, too'
ok as au log --type read
has "$(who au).* what log"
# Who reads entries as a party of theirs says nothing.
ok as m1 request show "$REQUEST"
ok as ri request show "$REQUEST"
same "$(reads)" 2

# Nobody is said to have read what there is not.
refused 2 'there is no section nonsense' as au audit report nonsense
refused 2 'one section' as au audit report --format csv
same "$(reads)" 2
# A report says what it is of.
ok as au audit report views --format csv
has "^entry,person,name,item"
has "$RI"
hasnt 'Name of ri'
ok as of audit report views --format csv
has 'Name of ri'
ok as au audit report --item "$ITEM" --json
same "$(reads)" 5
refused 1 'auditors and officers read' as ri audit report
refused 1 'auditors and officers read' as m1 audit report
refused 2 'reason' as au audit report --person "$RI"
ok as au inbox
hasnt read

# What is held on a person.
refused 2 'reason' as au audit person "$RI"
refused 1 'reports are for|what is held on|read the log' as cu1 audit person "$RI" --reason 'curious'
ok as ri inbox
hasnt 'read what is held'
ok as au audit person "$RI" --reason 'the yearly sample'
has '^  key +[0-9a-f]{8} [0-9a-f]{8} '
has "$(cut -c1-12 <<<"$ITEM")"
hasnt 'the thesis'
ok as ri inbox
has "$(who au) read what is held on you"
has 'the yearly sample'
ok sr notices list --json
same "$(jq -r --arg p "$RI" '[.[] | select(.what == "read" and .person == $p)] | length' out)" 1
ok as m1 inbox
hasnt 'yearly sample'
# The reason is for the officer, the reader, and whom it is about.
ok as of audit report reads --format jsonl
has 'the yearly sample'
# All that is held on them: to the officer, who answers for it. An auditor sees that it is there, and whose, not the words.
ok as of audit person "$RI" --access-report --reason 'asked by ri' --format jsonl
has '"text":"the thesis"'
has '"name":"Name of ri"'
ok as au audit person "$RI" --access-report --reason 'asked by ri' --format jsonl
has '"field":"reason".*"row":"texts"'
has '"title":"paper"'
hasnt 'the thesis|Name of ri|"text":'
ok as au audit person "$RI" --reason 'the yearly sample'
has "$RI"
hasnt 'Name of ri'
# Members, curators and officers are known by name to everybody here.
ok as au audit person "$(who m1)" --reason 'the yearly sample'
has 'Name of m1'

# One's own, with nothing on the record.
before=$(reads)
ok as ri audit person "$RI" --access-report --format jsonl
has '"text":"the thesis"'
has '"row":"views"'
has 'the yearly sample'
has '"row":"signed"'
ok as ri audit person "$RI"
has 'views: 2' # by checkout, and again by cat: each is another process
same "$(reads)" "$before"
ok as ke rebuild
has equal
ok sr audit replay

#!/bin/bash
# Who becomes a curator later looks at held items with boxes that a curator shares: all, or some; never twice, never by
# somebody who has none, never to who is no curator; a new key has none of the old one's.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
person late
printf 'one\n' >f1
printf 'two\n' >f2
printf 'three\n' >f3
ok as de deposit f1 f2 f3 --collection box --each file --json
item1=$(json item.0) item2=$(json item.1) item3=$(json item.2)
refused 1 'not a curator' as cu1 held share "$(who ri)"
ok as cu1 person add late.id.card --role curator --reason 'a third pair of eyes' --json
request=$(json request)
ok as m1 vote "$request" approve
ok as m2 vote "$request" approve
late=$(who late)
# Without a box: nothing to see, nothing to share, and the way on is named.
refused 1 'held share' as late checkout "$item1" --right quarantine
ok as late held share "$(who cu2)"
has 'nothing to share'
refused 1 'curator' as ri held share "$late"
ok as cu1 held share "$(who cu1)"
has 'nothing to share'
# One item, then the rest; again there is nothing left.
ok as cu1 held share late.id.card "$item1"
has 'shared 1 held item with'
ok as late checkout "$item1" --right quarantine --json
ok as late cat "$(json checkout)"
same "$OUT" 'one'
core
ok as cu2 held share "$late" --json
same "$(json shared)" 2
ok as cu1 held share "$late"
has 'nothing to share'
core_stop
ok as late checkout "$item3" --right quarantine --json
ok as late cat "$(json checkout)"
same "$OUT" 'three'
# What was shared is in the log, and a shared box releases.
ok as au log --type held-box --json
same "$(jq -s 'flatten | length' out)" 3
has "$late"
ok as cu1 describe "$item2" --title two
ok as late release "$item2"
# A new key has no box until it is shared again, the old one's goes.
ok sr identity renew again.id --name 'Name of late' --old late.id --old-passphrase-file pass --passphrase-file pass
ok as of person rekey again.id.card
refused 1 'held share' as again checkout "$item1" --right quarantine
ok as cu1 held share "$late" --json
same "$(json shared)" 2
ok as again checkout "$item1" --right quarantine --json
ok as again cat "$(json checkout)"
same "$OUT" 'one'
# An ended curator's boxes go.
ok as of person end "$late" --reason 'moved on'
if grep -q request out; then
	ok as of person show "$late"
fi
ok sr verify
ok sr rebuild

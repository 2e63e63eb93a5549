#!/bin/bash
# The main job, once: deposit, describe, release, find, ask, vote, look, give back, verify.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
printf 'The marmot sleeps in winter.\n' >letter.txt
deposit letter.txt
ok as cu1 list --state held
has 'held'
ok as cu1 describe "$ITEM" --title 'A letter about marmots' --language en --description 'One page.'
ok as cu2 release "$ITEM"
ok as ri search marmots
has 'A letter about marmots'
requested "$ITEM"
ok as m1 inbox
has 'vote'
ok as m1 vote "$REQUEST" approve
refused 1 'no live grant|grant' as ri checkout "$ITEM"
ok as m2 vote "$REQUEST" approve
ok as ri checkout "$ITEM" --json
CHECKOUT=$(json checkout)
ok as ri cat "$CHECKOUT"
same "$OUT" 'The marmot sleeps in winter.'
ok as ri return "$CHECKOUT"
ok sr verify
has 'signatures were checked'
ok sr scrub
has '0 findings'
ok as au log
has 'vote'
ok sr status
has 'open'

#!/bin/bash
# Pieces can be added to a live grant; they change nothing of what it allows.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo text >f
released f
granted "$ITEM"
ok as m3 vote "$REQUEST" topup
refused 1 'already|once|voted' as m3 vote "$REQUEST" topup
ok as ri grants --json
same "$(jq length out)" 1
same "$(json 0.state)" live
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
same "$OUT" text
ok as ri close "$GRANT"
refused 1 '.' as m1 vote "$REQUEST" topup

#!/bin/bash
# A grant is renewed by votes that see what it was used for; its conditions are said at every checkout; closing it says what was
# seen under it.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo 'a page' >page.txt
released page.txt
requested "$ITEM"
as m1 vote "$REQUEST" approve --condition 'reading room only' --quiet >/dev/null
as m2 vote "$REQUEST" approve --quiet >/dev/null
as ri grants --request "$REQUEST" --json >g.json
GRANT=$(json 0.id g.json)
ok as ri checkout "$ITEM"
has 'condition +reading room only'
as ri checkouts --live --json >k.json
CHECKOUT=$(json 0.id k.json)
ok as ri cat "$CHECKOUT"
ok as ri return "$CHECKOUT"
refused 2 'ends' as ri renew "$GRANT" --reason 'half is done'
refused 2 'reason' as ri renew "$GRANT" --ends 60d
refused 1 'ends-not-later' as ri renew "$GRANT" --ends 10d --reason 'half is done'
refused 1 '.' as m1 renew "$GRANT" --ends 60d --reason 'half is done'
ok as ri renew "$GRANT" --ends 60d --reason 'half is done' --json
RENEWAL=$(json request)
ok as m1 request show "$RENEWAL"
has 'half is done'
has "used +${ITEM:0:12} +1 checkout, 1 opened, 1 file read, 0 exports"
as m1 vote "$RENEWAL" approve --quiet >/dev/null
ok as m3 vote "$RENEWAL" approve
has "renewed: grant $GRANT"
ok as ri grant "${GRANT:0:8}"
has 'state +live'
has "used +${ITEM:0:12}"
has 'reading room only'
ok as ri grant "$GRANT" --json
(($(date -u -d "$(json ends)" +%s) > $(date +%s) + 50 * 86400)) || fail 'it ends as before'
same "$(json use.0.reads)" 1
ok as ri checkout "$ITEM"
# When the first end has passed it is read as before, and topped up.
export SR_TIME_AHEAD=$((40 * 86400))
ok as ri checkout "$ITEM" --json
CHECKOUT=$(json checkout)
ok as ri cat "$CHECKOUT"
has 'a page'
ok as m3 vote "$REQUEST" topup
ok as ri close "$GRANT" --reason 'the thesis is handed in'
has "used +${ITEM:0:12} +3 checkouts"
refused 1 'grant-state' as ri renew "$GRANT" --ends 90d --reason 'more'
ok as ke rebuild
has equal
ok as au verify

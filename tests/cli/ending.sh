#!/bin/bash
# A grant ends by suspension, closing, revocation and expiry, and nothing opens afterwards.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo text >f
released f
granted "$ITEM"
checked_out "$ITEM"
ok as m3 suspend "$GRANT" --reason 'a question'
refused 1 'checkout' as ri cat "$CHECKOUT"
refused 1 'grant' as ri checkout "$ITEM"
has 'suspended'
refused 1 'rule who-suspended-lifts' as m1 lift "$GRANT"
has 'Others ask the board'
ok as m3 lift "$GRANT"
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
ok as ri return "$CHECKOUT"
refused 1 'checkout' as ri cat "$CHECKOUT"
checked_out "$ITEM"
ok as ri close "$GRANT"
refused 1 'checkout' as ri cat "$CHECKOUT"
refused 1 'closed' as ri checkout "$ITEM" --grant "$GRANT"

granted "$ITEM"
checked_out "$ITEM"
ok as m1 revoke "$GRANT" --reason 'over'
ok as ri cat "$CHECKOUT"
ok as m2 request list --kind revoke --state open --json
ok as m2 vote "$(json 0.request)" approve
has 'revoked'
refused 1 'checkout' as ri cat "$CHECKOUT"
refused 1 'revoked' as ri checkout "$ITEM" --grant "$GRANT"
ok as ri request show "$REQUEST"
has 'room key +erased'

as ri request "$ITEM" --purpose research --ends "$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)" --reason r --json >r.json
REQUEST=$(json request r.json)
as m1 vote "$REQUEST" approve --quiet >/dev/null
as m2 vote "$REQUEST" approve --quiet >/dev/null
export SR_TIME_AHEAD=4000
refused 1 'grant' as ri checkout "$ITEM"
refused 2 '"ended" is no state of a grant: live, suspended, closed, expired, revoked' as ri grants --state ended
ok as ri grants --state expired --json
same "$(json 0.request)" "$REQUEST"
ok sr verify

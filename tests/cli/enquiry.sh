#!/bin/bash
# An officer notes what a court asks, sees titles, requests, grants and checkouts, answers, and closes. Nobody else reads what
# was asked; an auditor sees that there was an enquiry.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo 'a page' >page.txt
released page.txt
granted "$ITEM"
checked_out "$ITEM"
ok as of enquiry open --kind court --deadline 14d --item "$ITEM" --person "$(who ri)" --reference '2 Js 114/26' \
	--text 'who has seen it?' --json
ENQUIRY=$(json enquiry)
ok as of inbox
has "enquiry ${ENQUIRY:0:12}"
ok as of enquiry list
has "${ENQUIRY:0:12} +court +open .*1[34] days left +1 +2 Js 114/26"
ok as of enquiry show "${ENQUIRY:0:8}"
has 'title +paper'
has 'text +who has seen it'
has "person +$(who ri)"
has "id +$GRANT"
has "id +$CHECKOUT"
has 'purpose +research'
hasnt 'a page'
ok as of enquiry show "$ENQUIRY" --json
same "$(jq -r '[.[] | select(.row == "checkout")] | length' out)" 2 'once for the item, once for the person'
refused 2 'kind' as of enquiry open --text 'who?'
refused 1 'unknown-kind' as of enquiry open --kind neighbour --text 'who?'
refused 1 'no officer' as m1 enquiry open --kind court --text 'who?'
refused 1 'officer' as m1 enquiry list
refused 1 '.' as ri enquiry show "$ENQUIRY"
ok as au enquiry show "$ENQUIRY"
hasnt 'who has seen it'
hasnt '2 Js'
ok as of enquiry answer "$ENQUIRY" --text 'the list of grants' --deadline 20d
refused 2 'text' as of enquiry answer "$ENQUIRY"
ok as of enquiry close "$ENQUIRY" --text 'receipt came'
refused 1 'enquiry-closed' as of enquiry answer "$ENQUIRY" --text 'more'
ok as of inbox
hasnt enquiry
ok as of enquiry list --state closed --json
same "$(json 0.id)" "$ENQUIRY"
ok as ke rebuild
has equal
ok as au verify

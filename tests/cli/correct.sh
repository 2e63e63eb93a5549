#!/bin/bash
# Any one member returns a request for correction; the applicant amends it, and votes begin anew.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo text >f
released f
requested "$ITEM"
ok as m1 vote "$REQUEST" approve
ok as m2 vote "$REQUEST" correct --reason 'name the chapter'
ok as ri inbox
has 'correct'
ok as ri amend "$REQUEST" --reason 'chapter 3'
ok as ri request show "$REQUEST" --json
same "$(json version)" 2
same "$(json reason)" 'chapter 3'
same "$(json tally.approved)" 0
same "$(json earlier.0.state)" superseded
# Who reads the request is told which items it is about, and who voted, by name; a text of several lines stands in lines, none
# of which passes for one of the page's own.
ok as m1 inbox
has "vote ${REQUEST:0:12} \(access for $(who ri), Name of ri\)"
ok as m1 request list --kind access
has '  Name of ri$'
refused 2 'the comment is empty' as m1 comment "$REQUEST" ' '
refused 2 '"acces" is no kind of a request: access, export' as m1 request list --kind acces
ok as cu1 show "$ITEM"
has '^  collection +[0-9a-f]{32} \(box\)$'
has "^  depositor +$(who de) \\(Name of de\\)\$"
ok as ri show "$ITEM"
hasnt 'Name of de'
ok as ri amend "$REQUEST" --reason $'chapter 3\n\nvote of m3: approve'
ok as m1 request show "$REQUEST"
has "^  item +${ITEM:0:12}  paper\$"
has '^  reason         chapter 3$'
has '^ {17}vote of m3: approve$'
ok as m1 request show "$REQUEST" --version 1 --json
same "$(json asked.0.id) $(json asked.0.title)" "$ITEM paper"
ok as m1 request show "$REQUEST" --version 1
has "^  vote of $(who m2) \(Name of m2\): correct, name the chapter\$"
# Other items, and other people: versions of their own, votes anew.
FIRST=$ITEM
released f
person rb
ok as cu1 person add rb.id.card --role researcher
ok as m1 vote "$REQUEST" approve
ok as ri amend "$REQUEST" --item "$FIRST" "$ITEM" --with rb.id.card
ok as rb request show "$REQUEST" --json
same "$(json version) $(json items) $(json tally.approved)" '4 2 0'
ok as ri amend "$REQUEST" --item "$FIRST" --without rb.id.card
ok as m1 request show "$REQUEST" --json
same "$(json version) $(json items) $(json tally.approved)" '5 1 0'
# Who is named no more sees no more of it.
refused 1 'no request' as rb request show "$REQUEST"
ITEM=$FIRST
ok as m1 vote "$REQUEST" approve --form text --condition 'one'
ok as m2 vote "$REQUEST" approve --ends 3d --condition 'two'
ok as ri grants --json
same "$(json 0.state)" live
ends=$(date -u -d "$(json 0.ends)" +%s)
((ends < $(date +%s) + 4 * 86400)) || fail 'the earliest end counts'
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
same "$OUT" text
# Sent back, it can be withdrawn as well as amended: nothing waits for anybody any more, and nobody amends or votes on it.
requested "$ITEM"
ok as m1 vote "$REQUEST" correct --reason 'which edition?'
ok as ri inbox
has 'correct'
ok as ri withdraw "$REQUEST"
ok as ri request show "$REQUEST" --json
same "$(json state)" withdrawn
ok as ri inbox
hasnt 'correct'
refused 1 'request-ended' as ri amend "$REQUEST" --reason 'the third'
refused 1 'request-ended' as m2 vote "$REQUEST" correct
refused 1 'request-ended' as ri withdraw "$REQUEST"
ok sr audit replay --json
same "$(json findings)" 0

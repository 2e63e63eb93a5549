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
ok as m1 vote "$REQUEST" approve --form text --condition 'one'
ok as m2 vote "$REQUEST" approve --ends 3d --condition 'two'
ok as ri grants --json
same "$(json 0.state)" live
ends=$(date -u -d "$(json 0.ends)" +%s)
((ends < $(date +%s) + 4 * 86400)) || fail 'the earliest end counts'
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
same "$OUT" text

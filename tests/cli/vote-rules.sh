#!/bin/bash
# Votes: once, not on what is one's own, not late, not on another version, not by the wrong person.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo text >f
released f
as cu1 person add m3.id.card --role researcher --quiet >/dev/null
ok as m3 request "$ITEM" --purpose research --ends 9d --reason 'mine' --json
own=$(json request)
refused 1 'own|applicant' as m3 vote "$own" approve
ok as m1 vote "$own" approve
refused 1 'voted|already|once' as m1 vote "$own" approve
ok as m1 request show "$own" --json
same "$(json tally.approved)" 1
# A vote made for version 1 and handed in after version 2.
ok as m2 request show "$own" --bundle bundle
STRONGROOM_STATE=$W/elsewhere ok as m2 vote approve --bundle bundle --out late.vote
ok as m3 amend "$own" --ends 5d
refused 1 'version' as m2 submit late.vote
ok as m1 request show "$own" --json
same "$(json version)" 2
same "$(json tally.approved)" 0 'an amend voids votes'
# With the applicant and who stepped aside no quorum is left.
ok as m2 recuse "$own" --reason 'a colleague'
refused 1 'is refused' as m2 vote "$own" approve
# After it closed.
soon=$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)
ok as ri request "$ITEM" --purpose research --ends 9d --closes "$soon" --reason 'quick' --json
late=$(json request)
export SR_TIME_AHEAD=3700
refused 1 'closed|closes|lapsed' as m1 vote "$late" approve
ok as au log --type refuse
has 'refuse'

#!/bin/bash
# What comes due, and what does not happen by itself: a retention date asks for ten years and does nothing; enquiries of every
# kind show how long is left, and how long they are over; an embargoed item is asked for and granted, and not opened before its
# date; a suspension is any one member's, at once; a revocation says why.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

later() { SR_TIME_AHEAD=$(($1 * 86400)) "${@:2}"; }
founded
echo 'a page' >page.txt
deposit page.txt
kept=$ITEM
echo 'another page' >other.txt
released other.txt

# Police, a court, a data subject, an authority: each with the days that are left; then with those that it is over.
for kind in police court data-subject authority; do
	ok as of enquiry open --kind "$kind" --deadline 5d --item "$ITEM" --text "what is asked by $kind" --json
done
ok as of enquiry list
for kind in police court data-subject authority; do has "$kind +open .*[45] days left"; done
# Under embargo an item is asked for and granted, and not opened. (The vault's clock goes one way, so this comes first.)
ok as cu1 embargo "$ITEM" --until "$(date -u -d '+9 days' +%F)" --reason 'first the family'
granted "$ITEM"
refused 1 'embargo' as ri checkout "$ITEM"
ok later 8 as of enquiry list
for kind in police court data-subject authority; do has "$kind +open .*[23] days over"; done
ok later 8 as of inbox --json
same "$(jq '[.[] | select(.what == "enquiry")] | length' out)" 4

# What was granted under embargo opens by the date alone.
ok later 10 as ri checkout "$ITEM" --json
CHECKOUT=$(json checkout)
ok later 10 as ri cat "$CHECKOUT"
same "$OUT" 'another page'

# Any one member suspends, whoever it is, at once; and lifts their own.
for m in m1 m2 m3; do
	ok later 10 as "$m" suspend "$GRANT" --reason "asked by $m"
	refused 1 'grant|checkout' later 10 as ri checkout "$ITEM"
	ok later 10 as "$m" lift "$GRANT"
done
# Who revokes says why, and those who vote read it.
refused 2 'reason' later 10 as m1 revoke "$GRANT"
ok later 10 as m1 revoke "$GRANT" --reason 'the terms were broken' --json
R=$(json request)
ok later 10 as m2 request show "$R"
has 'the terms were broken'
ok later 10 as m2 vote "$R" approve
ok later 10 as ri grants --json
same "$(json 0.state)" revoked

# A date of retention: due, it is asked about; nothing is ever done about it.
ok later 10 as cu1 retention "$kept" --due "$(date -u -d '+20 days' +%F)" --basis contract
ok later 10 as cu1 retention "$ITEM" --due "$(date -u -d '+20 days' +%F)" --basis contract
for days in 21 400 3650; do
	ok later "$days" sr status
	ok later "$days" as of inbox
	has "retention ${kept:0:12}"
	has "retention ${ITEM:0:12}"
	ok later "$days" as cu1 show "$kept" --json
	same "$(json state)" held
	ok later "$days" as cu1 show "$ITEM" --json
	same "$(json state)" released
done
ok later 3650 as au log --json
same "$(jq -r '[.[] | select(.type == "destroy" or .type == "seal" or .type == "reseal" or .type == "release")] | length' out)" 1 \
	'nothing but the release of before'

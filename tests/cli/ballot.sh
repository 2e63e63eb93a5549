#!/bin/bash
# Before a vote is sent its program says what it is about, from the proven statement: who sits and who leaves, which roles, which
# forms, until when, for whom; with names as proven cards give them. `request show` says the same, as the vault's word.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded 4 2
person y mallory
declare -A P
for n in m1 m2 m3 m4 y mallory of ri; do P[$n]=$(who "$n"); done
# named KEY PERSON: a line of theirs, with the name.
named() { has "^  $1 +${P[$2]} \\(Name of $2\\)\$"; }

# Who is to sit, by name.
ok as m1 board reshare --leave "${P[m4]}" --join y.id.card --reason 'm4 has moved' --json
R=$(json request)
seats() {
	has '^  quorum +level 2: 2 of 4 members$'
	for m in m1 m2 m3; do named member $m; done
	hasnt "^  member +${P[y]}"
	named newcomer y
	named leaving m4
	named dealer m1
	has '^  reason +m4 has moved$'
}
ok as m2 request show "$R"
seats
ok as m2 request show "$R" --json
same "$(jq -r '.newcomer[]' out)" "${P[y]}"
same "$(jq -r '.leaving[]' out)" "${P[m4]}"
same "$(jq -r '.member | length' out)" 4
same "$(jq -r '.quorum[]' out)" '2 2'
same "$(jq -r --arg p "${P[y]}" '.named[] | select(.person == $p).name' out)" 'Name of y'
ok as m2 vote "$R" approve
seats
same "$OUT" "$(grep voted out)" # what it is about goes to stderr
# And from a file, where nothing else can say it.
ok as m3 request show "$R" --bundle r.bundle
STRONGROOM_STATE=$W/apart ok as m3 vote approve --bundle r.bundle --out r.vote --fingerprint "$FINGERPRINT"
seats
ok as m3 vote "$R" reject --quiet
hasnt 'newcomer'

# Which roles, for whom.
ok as of person add mallory.id.card --role curator --role officer --reason 'a new colleague' --json
R=$(json request)
ok as m1 vote "$R" reject
named applicant of
named subject mallory
has '^  roles +curator, officer$'

# Which items, what for, until when, who opens it.
echo 'a page' >page.txt
released page.txt
requested "$ITEM"
ok as m1 vote "$REQUEST" approve
named applicant ri
has '^  forms +text$'
has '^  purposes +research$'
has "^  ends +$(date -u -d '+30 days' +%Y-%m)"
has '^  reason +the thesis$'
has "^  ${ITEM:0:12}  paper\$"
ok as m2 vote "$REQUEST" approve --quiet
as ri grants --request "$REQUEST" --json >g.json
GRANT=$(json 0.id g.json)
AGE=$(sr identity age "$W/ri.id.card")
ok as ri request export "$ITEM" --to "$AGE" --purpose teaching --ends 9d --reason $'to \e[2Jread' --json
R=$(json request)
ok as m1 vote "$R" reject
has "^  recipient +$AGE\$"
has '^  purposes +teaching$'
has '^  reason +to \\x1b\[2Jread$'

# Whose grant.
ok as m1 revoke "$GRANT" --reason 'over' --json
R=$(json request)
ok as m2 vote "$R" reject
has "^  target +$GRANT\$"
named 'granted to' ri
has '^  granted right +access$'

#!/bin/bash
# The end of a person stops what they could do, at once, and says what is left to do, by role: to who ends them, to the last
# who votes on it, and as long as it is left, to who asks.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded 4 2
person of2 au2 ke2
echo text >f
released f
granted "$ITEM"
checked_out "$ITEM"
ri=$(who ri) cu1=$(who cu1) m4=$(who m4)
ok as ri cat "$CHECKOUT" 0
ok as m1 grant "$GRANT"
has "^  for +$ri \\(Name of ri\\)\$"
ok as au grant "$GRANT"
has "^  for +$ri\$"
ok as m1 person show "$ri"
has "grant +id $GRANT, state live, items 1"
# What a member has suspended already, the vault suspends for its own reason.
ok as m1 suspend "$GRANT" --reason 'a question'
# A researcher: one curator says so.
ok as cu1 person end ri.id.card --reason 'has left'
has 'has no role any more'
has "left: grant id $GRANT, state suspended, items 1: lift it for those who stay, or revoke it"
refused 1 'no role|not a person' as ri cat "$CHECKOUT" 0
refused 1 'who-suspended-lifts' as m1 lift "$GRANT"
ok as m1 grants --all --json
same "$(json 0.state)" suspended
# Another, whose grant nobody had suspended: the vault does, and the members are asked what is to become of it.
person rb
ok as cu1 person add rb.id.card --role researcher
ok as rb request "$ITEM" --purpose research --ends 30d --reason 'the thesis' --json
REQUEST=$(json request)
for m in m1 m2; do ok as "$m" vote "$REQUEST" approve; done
ok as rb grants --json
other=$(json 0.id)
ok as cu1 person end rb.id.card --reason 'has left'
has "suspended: grant $other"
# What they asked is no damage to whoever looks at it, or votes late; nor has it rules to show.
refused 1 "the applicant $(who rb) is not a researcher here any more" as m3 vote "$REQUEST" approve
refused 2 'this request asks for no rules' as m3 policy show "$REQUEST"
ok as m1 grants --all --json
same "$(jq -r --arg g "$other" '.[] | select(.id == $g) | .["suspended-by"]' out)" service
ok as m2 inbox
has "settle ${other:0:12} .*lift ${other:0:12} --reason TEXT for who stays, or revoke ${other:0:12}"

# A member who suspended something, and goes, lifts it no more.
person rc
ok as cu1 person add rc.id.card --role researcher
ok as rc request "$ITEM" --purpose research --ends 30d --reason 'the thesis' --json
REQUEST=$(json request)
for m in m1 m2; do ok as "$m" vote "$REQUEST" approve; done
ok as rc grants --json
GRANT=$(json 0.id)
ok as m4 suspend "$GRANT" --reason 'a question'

# leaves NAME [BY]: the board ends all roles of NAME; OUT is what the last voter reads.
leaves() {
	ok as "${2:-of}" person end "$1.id.card" --reason 'retires' --json
	local request
	request=$(json request)
	ok as m1 vote "$request" approve
	hasnt 'left:'
	ok as m2 vote "$request" approve
	has 'decided'
}
# role NAME ROLE: given by the board.
role() {
	ok as m1 person add "$1.id.card" --role "$2" --json
	REQUEST=$(json request)
	for m in m1 m2; do ok as "$m" vote "$REQUEST" approve; done
}
# A curator: the box of what is held goes.
deposit f
leaves cu1
has 'left: held boxes 0, items 1: curators who stay release what they can open'
ok as m1 person show "$cu1"
has 'roles once +.*curator'
has 'held +boxes 0, items 1'
refused 1 'no role' as cu1 checkout "$ITEM" --right quarantine
ok as cu2 checkout "$ITEM" --right quarantine
refused 1 'last-of-role' as of person end cu2.id.card
# An officer: enquiries that wait.
ok as of enquiry open --kind court --deadline 14d --item "$ITEM" --reference '2 Js 114/26' --text 'which items' --json
enquiry=$(json enquiry)
role of2 officer
leaves of of2
has "left: enquiry id $enquiry, deadline 20[0-9-]+T[0-9:]+Z: an officer who stays answers it"
# An auditor: keys of the epochs that were sealed to them.
role au2 auditor
leaves au of2
has 'left: epochs first 1, last 2, now 3: of the log, whose keys stay theirs'
# A custodian: the service keys, until they are others.
role ke2 custodian
leaves ke of2
has 'left: service-keys: change them .service rotate.'
ok as m1 person show "$(who ke)"
has 'service-keys +those of now were there'
ok sr service rotate --unlock-new next.key
export STRONGROOM_UNLOCK=$W/next.key
ok as m1 person show "$(who ke)"
hasnt 'service-keys'
# A member: the others must still be enough; a reshare is left.
ok as of2 person end "$m4" --json
request=$(json request)
ok as m1 vote "$request" approve
ok as m2 vote "$request" approve --json
same "$(jq -r '.left[] | .what' out | sort | tr '\n' ' ')" 'share suspension '
refused 1 'no role' as m4 inbox
ok as m1 person show "$m4"
has 'share +member 4, epoch 1'
has "suspension +id $GRANT"
ok as m1 lift "$GRANT" --reason 'nobody else can' --json
ok as m2 vote "$(json request)" approve
has 'lifted'
ok as m1 person show "$m4"
hasnt 'suspension'
ok as m1 board reshare --leave "$m4" --json
request=$(json request)
for m in m1 m2; do ok as "$m" vote "$request" approve; done
for m in m1 m2; do ok as "$m" board deal; done
for m in m1 m2 m3; do ok as "$m" board accept; done
ok as m1 person show "$m4"
hasnt 'share'
ok sr verify
ok sr rebuild
has 'equal'

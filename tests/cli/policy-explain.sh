#!/bin/bash
# Why the rules decided, and what is missing: for a request that waits, a grant whose reader's training has lapsed, a
# checkout; what a change of the rules would do to live grants; refusals with rule and title for programs.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"
founded
echo text >f
HAZARD=personal-data released f
requested "$ITEM"
ok as m1 vote "$REQUEST" approve
ok as m3 vote "$REQUEST" approve
ok as m1 policy explain "$REQUEST"
has 'rule board-grants: A quorum of the board grants'
has 'not so: context.approvals >= resource.quorum'
has 'context.approvals = 2'
has 'resource.quorum = 3'
has 'missing: 1 more vote of 1 members'
HAZARD=hate released f
requested "$ITEM"
ok as m1 vote "$REQUEST" approve

# A request that waits: what is not so, with its values, and how many votes would do.
ok as ri policy explain "$REQUEST"
has "request $REQUEST: open, access"
has 'now grant is denied'
has 'rule two-at-least: Never fewer than two'
has 'context.approvals = 1'
has 'missing: 1 more vote of 2 members who can still vote'
refused 1 'no request, grant or checkout' as ri policy explain 0123456789abcdef0123456789abcdef
ok as m2 vote "$REQUEST" approve
ok as ri grants --request "$REQUEST" --json
GRANT=$(json 0.id)

# Decided: by which rules, of which set.
ok as ri policy explain "$GRANT"
has "grant $GRANT: live"
has 'decided in entry [0-9]+, .*: grant was allowed, by the rules of the program'
has 'now look-text is allowed to p-.*; protection: default'
has 'rule read-distressing: Who is named in a live grant looks at distressing items, covered at first'

# Training that has lapsed.
soon=$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)
ok as of attest "$(who ri)" --kind training --term trauma-awareness --ends "$soon"
export SR_TIME_AHEAD=3700
refused 1 'rule training-lapsed\): Who looks at distressing items keeps their training up' as ri checkout "$ITEM"
ok as ri policy explain "$GRANT"
has 'now look-text is denied to p-'
has 'rule training-lapsed'
has "training trauma-awareness stands, or stood, until $soon"
has 'resource.hazards = hate'
ok as ri policy explain "$GRANT" --json
jq -e '[.[] | select(.row == "rule" and .id == "training-lapsed")][0].reads | length > 1' out >/dev/null ||
	fail 'the JSON does not say what the rule looked at'
ok as of attest "$(who ri)" --kind training --term trauma-awareness --ends 90d
checked_out "$ITEM"
ok as ri policy explain "$CHECKOUT"
has "checkout $CHECKOUT: (begun|open)"
has 'look-text was allowed, by the rules of the program; protection: default'
refused 1 'no request, grant or checkout|no such' as cu1 policy explain "$CHECKOUT"

# A refusal, for programs.
refused 1 'rule house-asks-to-destroy' as ri destroy "$ITEM" --reason mine --json
same "$(json rule)" house-asks-to-destroy
same "$(json title)" 'Members, officers and curators ask for destruction'
refused 1 'already-voted|request-ended' as m1 vote "$REQUEST" approve --json

# What a change would do to grants that are live.
ok sr policy default
cp out house.cedar
cat >less.cedar <<'E'
@id("no-text") @title("Nobody reads text") @why("A rule for this test.")
forbid (principal, action == Action::"look-text", resource is Item);
E
cat house.cedar less.cedar >both.cedar
ok as m1 policy diff house.cedar both.cedar --grants
has "grant $GRANT: p-.* look-text, items like .*: was allow, would be deny"
has '1 rules added, 0 gone, 0 changed; 1 uses of live grants'
ok as m1 policy diff house.cedar both.cedar --grants --json
same "$(json grants.0.new)" deny
ok as m1 policy diff house.cedar house.cedar --grants --json
same "$(json grants)" '[]'
refused 1 'role|member' as ri policy diff house.cedar both.cedar --grants

# After an adoption old decisions say whose rules they were.
as m1 policy adopt both.cedar --reason 'after the meeting' --json >a.json || fail 'policy adopt'
asked=$(json request a.json)
ok as m1 policy explain "$asked"
has 'missing: 3 more votes'
for m in m1 m2 m3; do ok as "$m" vote "$asked" approve; done
ok as ri policy explain "$CHECKOUT"
has 'look-text was allowed, by the rules of the program'
has 'now look-text is denied'
has 'rule no-text: Nobody reads text'

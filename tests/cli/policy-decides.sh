#!/bin/bash
# The rules decide: what the default set refuses names its rule; a stricter set is obeyed from its adoption on, also by what
# is open already; what was decided before keeps its rules; a set that denies everything is replaced like any other.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"
founded
echo text >f
released f
granted "$ITEM"
first=$REQUEST
ok sr policy default
cp out house.cedar
cat >strict.cedar <<'E'
@id("no-text-today") @title("Nobody reads text today") @why("A rule for this test.")
forbid (principal, action == Action::"look-text", resource is Item);

@id("two-houses") @title("Votes come from two institutions") @why("One house alone is too near.")
forbid (principal is Board, action == Action::"grant", resource is Request) when { context.institutions < 2 };
E
cat >never.cedar <<'E'
@id("never") @title("Nobody comments") @why("A rule for this test, in a set that permits nothing.")
forbid (principal, action == Action::"comment", resource is Request);
E

adopted() {
	as m1 policy adopt "$@" --reason 'after the meeting' --json >a.json || fail "policy adopt $*"
	local asked m
	asked=$(json request a.json)
	for m in 1 2 3; do ok as "m$m" vote "$asked" approve; done
	has "these are the board's rules now"
}

# A refusal cites the rule with its title.
refused 1 'rule house-asks-to-destroy\): .*Members, officers and curators ask for destruction' \
	as ri destroy "$ITEM" --reason 'mine'
ok as au log --type decided
has 'decided'

# What is open is shut by the next page.
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
adopted house.cedar strict.cedar
refused 1 'rule no-text-today\): Nobody reads text today. A rule for this test' as ri cat "$CHECKOUT"
ok as ri return "$CHECKOUT"
refused 1 'rule no-text-today' as ri checkout "$ITEM"

# Two approvals of one house wait for a third of another; without one it ends refused by that rule.
for m in m1 m2; do ok as of attest "$(who $m)" --kind affiliation --term house-b; done
ok as ri request "$ITEM" --purpose research --ends 9d --reason 'again' --json
again=$(json request)
ok as m1 vote "$again" approve
ok as m2 vote "$again" approve
has 'the rules ask for more votes \(rule two-houses\)'
ok as m3 vote "$again" reject
ok as m1 request show "$again" --json
same "$(json state)" refused
ok as ri request "$ITEM" --purpose research --ends 9d --reason 'once more' --json
more=$(json request)
ok as of attest "$(who m2)" --kind affiliation --term house-a
ok as m1 vote "$more" approve
ok as m2 vote "$more" approve
ok as m1 request show "$more" --json
same "$(json state)" granted
ok as m1 request show "$first" --json
same "$(json state)" granted

# A set that permits nothing denies all but what replaces it.
adopted never.cedar
refused 1 'rule not-permitted\): nothing permits it' as ri request "$ITEM" --purpose research --ends 9d --reason r
refused 1 'not-permitted' as cu1 describe "$ITEM" --title other
adopted house.cedar
ok as cu1 describe "$ITEM" --title other
ok as ke verify

#!/bin/bash
# A board adopts rules: what lint refuses nobody votes on; members read exactly what was signed; the quorum of the highest
# level decides; the set before stays readable by its number; a change that was overtaken is not done.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"
founded
ok sr policy default
cp out house.cedar
cat >night.cedar <<'E'
@id("no-night") @title("Nobody looks in colour on a suspicion") @why("A rule for this test.")
forbid (principal, action == Action::"look-colour", resource is Item) when { context.exposureToday > 10 };
E
cat house.cedar <(echo) night.cedar >both.cedar

# Nothing is adopted yet.
ok as ri policy list
has 'has adopted no rules'
refused 1 'has adopted no rules' as ri policy show

# Who may ask, and for what.
refused 1 'role-missing' as ri policy adopt house.cedar
sed 's/resource.embargo/resource.embrgo/' house.cedar >slip.cedar
refused 1 'rules-unfit.*line [0-9]+ \(embargo\): Item has no attribute "embrgo"' as m1 policy adopt slip.cedar
echo 'permit (principal' >slip.cedar
refused 1 'rules-unreadable' as m1 policy adopt slip.cedar
printf '// \xe2\x80\xae reversed\n' | cat - night.cedar >slip.cedar
refused 1 'rules-unreadable.*line 1, column 4: .*U\+202E' as m1 policy adopt slip.cedar
refused 1 'U\+202E' sr policy lint slip.cedar

adopt() {
	as m1 policy adopt "$@" --reason 'after the meeting' --json >a.json || fail "policy adopt $*"
	R=$(json request a.json)
}
voted() {
	local m
	for m in "$@"; do ok as "m$m" vote "$R" approve; done
}

# What is asked for is read as it was signed; the highest level decides.
adopt house.cedar night.cedar
ok as m2 policy show "$R" --out asked.cedar
cmp asked.cedar both.cedar || fail 'the rules that were asked for are not those that were given'
sum=$(sha256sum both.cedar | cut -d' ' -f1)
has "rules with SHA-256 $sum"
ok as of policy show "$R"
cmp out both.cedar || fail 'the officer reads other rules'
refused 1 'there is no request' as ri policy show "$R"
voted 1 2
has "rules with SHA-256 $sum"
ok as ri policy list
has 'has adopted no rules'
voted 3
has "these are the board's rules now"
ok as ri policy list --json
same "$(json 0.number)" 1
same "$(json 0.in-force)" yes
same "$(json 0.set)" "$(sha256sum both.cedar | cut -d' ' -f1)"
ok as de policy show
cmp out both.cedar || fail 'the rules in force are not those that were voted on'

# Two changes at once: the second was weighed against rules that are gone.
adopt house.cedar
first=$R
adopt night.cedar
second=$R
R=$first
voted 1 2 3
R=$second
voted 1 2
ok as m3 vote "$R" approve
has 'other rules were adopted since'
ok as m1 request show "$R"
has 'refused'
ok as ri policy list
has '^ *1 '
has '^ *2 .*in force'
ok as ri policy show
cmp out house.cedar || fail 'the second set is not in force'
ok as ri policy show --number 1
cmp out both.cedar || fail 'the first set is gone'
refused 1 'no rules number 7' as ri policy show --number 7

# From the log alone, again: the catalogue is made anew and says the same.
ok as au log --type policy
has 'policy'
rm -f vault/catalogue.db
ok as ri policy show
cmp out house.cedar || fail 'after a rebuild other rules are in force'
ok as ke verify

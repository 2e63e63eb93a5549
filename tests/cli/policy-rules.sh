#!/bin/bash
# The rules without a vault: what comes with the program is clean and answers its table, every rule both ways; a set with
# mistakes is not for a board; a rule taken out or turned shows in the table; `try` answers what if.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"
table=$SR_SOURCE/policy/default/tests/decisions.json
unset STRONGROOM_VAULT STRONGROOM_UNLOCK

# What is printed is what is in the tree, and it is clean.
ok sr policy default
cp out house.cedar
cat "$SR_SOURCE"/policy/default/*.cedar | grep -v '^$' >tree
grep -v '^$' house.cedar | cmp - tree || fail 'policy default prints something else than policy/default'
ok sr policy default --schema
cmp out "$SR_SOURCE/policy/strongroom.cedarschema" || fail 'policy default --schema prints another schema'
ok sr policy lint "$SR_SOURCE"/policy/default/*.cedar
has 'nothing to mend'
ok sr policy lint house.cedar --json
same "$(json findings)" '[]'
rules=$(json policies)

# The table: at least 200 questions, every rule decides one, and is needed for one.
ok sr policy test "$table" --every
has "^[0-9]+ questions, ([0-9]+) answered as expected; $rules rules, $rules of them both ways"
ok sr policy test "$table" --policy house.cedar --every --json
(($(json cases) >= 200)) || fail "only $(json cases) questions"
same "$(json wrong)" 0
same "$(json untested)" '[]'

# Without one rule the table says so, whichever it is; here three of them.
for rule in own-request embargo board-grants; do
	awk -v RS= -v ORS='\n\n' -v id="@id(\"$rule\")" 'index($0, id) == 0' house.cedar >less.cedar
	refused 1 'questions are answered otherwise' sr policy test "$table" --policy less.cedar
	has "want (allow|deny) by .*$rule"
done
# A rule that nobody asked about is named.
cat >more.cedar <<'E'
@id("no-night") @title("Nobody looks with a form of its own") @why("A rule for this test.")
forbid (principal, action in Action::"look", resource is Item) when { context.form == "hologram" };
E
ok sr policy lint house.cedar more.cedar
ok sr policy test "$table" --policy house.cedar more.cedar
refused 1 '1 of [0-9]+ rules are not tested both ways' sr policy test "$table" --policy house.cedar more.cedar --every
has 'rule no-night: no question is decided by it'

# Mistakes, each with its file, place and rule.
mistake() {
	local piece=$1
	printf '@id("slip") @title("t") @why("w")\n%s\n' "$2" >slip.cedar
	refused 1 "$piece" sr policy lint house.cedar slip.cedar
	has 'no board adopts this set'
}
mistake 'slip.cedar: line 2, column 88: slip: Item has no attribute "embrgo"' \
	'forbid (principal, action in Action::"look", resource is Item) when { resource        .embrgo };'
mistake 'there is no action "look-x-ray"' 'forbid (principal, action == Action::"look-x-ray", resource is Item);'
mistake '"subject" may not be there' \
	'forbid (principal, action in Action::"vote", resource is Request) when { resource.subject == principal };'
mistake 'permits every action' 'permit (principal in Role::"curator", action, resource);'
mistake 'permits it to everybody' 'permit (principal, action in Action::"look", resource);'
mistake 'may be out of range' \
	'forbid (principal, action in Action::"vote", resource is Request) when { context.approvals + 1 > 2 };'
mistake 'it never matches' 'forbid (principal is Board, action in Action::"vote", resource is Request);'
mistake 'want each @id once, have "slip" again' 'forbid (principal, action in Action::"vote", resource is Request) when { context.recused };
@id("slip") @title("t") @why("w") forbid (principal, action in Action::"vote", resource is Request) when { context.browser };'
printf 'permit (principal, action' >slip.cedar
refused 1 'slip.cedar: line 1, column 26: want' sr policy lint slip.cedar
refused 1 'no-such.cedar: no such file' sr policy lint no-such.cedar
: >empty.cedar
refused 1 'everything would be denied' sr policy lint empty.cedar

# What if.
try() { ok sr policy try "$table" "$@"; }
try --who rosa --action look-text --what leaflet
has '^allow:$'
has 'read-undistressing: Who is named in a live grant looks'
try --who rosa --action look-text --what leaflet --set resource.embargo=true
has '^deny:$'
has 'embargo: An item under embargo is not looked at or copied'
try --who cleo --action vote-approve --what access
has '^deny: no rule permits it$'
try --who rosa --action look-text --what leaflet --set resource.embargo=null
has '^deny, because rules could not be evaluated:$'
has 'embargo: line [0-9]+, column [0-9]+: .*has no attribute "embargo"'
try --who mia --action vote-approve --what access --set 'context.ties=["supervisor"]' --json
same "$(json decision)" deny
same "$(json reasons)" '["supervisor"]'
refused 2 'no action look-x-ray' sr policy try "$table" --who rosa --action look-x-ray --what leaflet
refused 2 'change context.nonsense' sr policy try "$table" --who rosa --action look-text --what leaflet --set context.nonsense=1
refused 2 'whole number' sr policy try "$table" --who rosa --action look-text --what leaflet --set context.loans=true
refused 2 'no attribute "colour"' sr policy try "$table" --who rosa --action look-text --what leaflet --set resource.colour=1
refused 2 'as JSON' sr policy try "$table" --who rosa --action look-text --what leaflet --set resource.state=held
refused 2 '--who, --action and --what' sr policy try "$table" --who rosa

# What a change changes.
awk -v RS= -v ORS='\n\n' 'index($0, "@id(\"embargo\")") == 0' house.cedar | sed 's/resource.days > 366/resource.days > 30/' >new.cedar
cat more.cedar >>new.cedar
ok sr policy diff house.cedar new.cedar --table "$table"
has '^- embargo: An item under embargo is not looked at or copied$'
has '^~ ends-too-late: No grant lasts longer than a year$'
has '^[+] no-night: Nobody looks with a form of its own$'
has '^case [0-9]+: rosa look-text leaflet with .*"resource.embargo":true.*: was deny by embargo, is allow by read-undistressing$'
has '^1 rules added, 1 gone, 1 changed; [0-9]+ of [0-9]+ questions decided otherwise$'
ok sr policy diff house.cedar house.cedar --table "$table" --json
same "$(json decisions)$(json added)$(json gone)$(json changed)" '[][][][]'
sed 's/^when {/when{ /; s/^@why/  @why/' house.cedar >layout.cedar
ok sr policy diff house.cedar layout.cedar
has '^0 rules added, 0 gone, 0 changed$'

# A table that is none.
echo '{"entities": {}, "context": {}, "cases": [["a", "withdraw", "b", {}, "perhaps", []]]}' >bad.json
refused 2 'case 1: the decision is allow, deny or error' sr policy test bad.json
echo '{"entities": {"Persn": {}}, "context": {}, "cases": [["a", "withdraw", "b", {}, "deny", []]]}' >bad.json
refused 2 'case 1: entities: the schema has no type Persn' sr policy test bad.json
echo '{' >bad.json
refused 2 'bad.json: line' sr policy test bad.json

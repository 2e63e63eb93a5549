#!/bin/bash
# Items that come later into the collections of a live grant: one verb asks for all of them, as many members as their level
# takes top them up, and what the request was not decided about is refused.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

# another TEXT [HAZARD]: a released item in ITEM.
another() {
	printf '%s\n' "$1" >"f$1"
	HAZARD=${2:-} released "f$1"
}

founded 4 2,3
another first
first=$ITEM
granted "$first"
refused 1 'nothing came' as ri extend "$GRANT"
another second
second=$ITEM
another third
third=$ITEM
another graphic graphic
graphic=$ITEM
another minors minors
minors=$ITEM
collection other
printf 'elsewhere\n' >g
ok as de deposit --collection other --json g
elsewhere=$(json item.0)
ok as cu1 describe "$elsewhere" --title paper
ok as cu2 release "$elsewhere"
deposit ffirst
held=$ITEM

# Refused: what nobody decided about.
refused 1 'not-covered.*hazard graphic' as ri extend "$GRANT" "$graphic"
refused 1 'not-covered.*(level 3|hazard)' as ri extend "$GRANT" "$minors"
refused 1 'not-covered.*a collection' as ri extend "$GRANT" "$elsewhere"
refused 1 'item-not-released|no item' as ri extend "$GRANT" "$held"
refused 1 'item-granted' as ri extend "$GRANT" "$first"
refused 1 'no grant|role-missing|not-named' as cu1 extend "$GRANT" "$second"
refused 1 'item-not-granted' as ri checkout "$second" --grant "$GRANT"

# One verb, and what it may ask for is what it asks for.
ok as ri extend "$GRANT" --reason 'the later letters' --json
same "$(json extension)" 1
same "$(json items)" 2
refused 1 'topup-needed.*extension 1 added the item, and 0 of 2' as ri checkout "$second" --grant "$GRANT"
ok as m1 request show "$REQUEST"
has 'extension +1: 2 items, asked by'
has 'needs topup .*0 of 2 members .*\(extension 1\)'
# It waits for every member who may give pieces, until they did; for nobody else.
for m in m1 m2 m3 m4; do
	ok as "$m" inbox --json
	same "$(jq -r '.[] | select(.what == "extension") | "\(.request) \(.extension) \(.items)"' out)" "$REQUEST 1 2" "$m"
done
ok as m1 inbox
has "extension ${REQUEST:0:12} \\(items: 2\\) +-> strongroom request show ${REQUEST:0:12}; vote ${REQUEST:0:12} topup --extension 1"
ok as ri inbox --json
same "$(jq '[.[] | select(.what == "extension")] | length' out)" 0
checked_out "$first" --grant "$GRANT"
ok as ri cat "$CHECKOUT"
same "$OUT" first
ok as ri return "$CHECKOUT"
# A topup of the first list is none of the second; an approval is none at all.
ok as m3 vote "$REQUEST" topup
refused 1 '0 of 2' as ri checkout "$second" --grant "$GRANT"
refused 2 'extension' as m1 vote "$REQUEST" approve --extension 1
refused 1 'no extension 2|not found' as m1 vote "$REQUEST" topup --extension 2
ok as m1 vote "$REQUEST" topup --extension 1
refused 1 'topped-up' as m1 vote "$REQUEST" topup --extension 1
refused 1 '1 of 2' as ri checkout "$second" --grant "$GRANT"
owed() { as "$1" inbox --json | jq -r '[.[] | select(.what == "topup" or .what == "extension") | "\(.what) \(.extension) \(.items)"] | join(",")'; }
same "$(owed m1)" ''
same "$(owed m2)" 'extension 1 2'
ok as m4 vote "$REQUEST" topup --extension 1
for m in m1 m2 m3 m4; do same "$(owed "$m")" '' "$m, when there are enough"; done
for i in "$second" "$third"; do
	checked_out "$i" --grant "$GRANT"
	ok as ri cat "$CHECKOUT"
	has 'second|third'
	ok as ri return "$CHECKOUT"
done
ok as ri grant "$GRANT" --json
same "$(jq '.granted | length' out)" 3
same "$(jq '.topups | length' out)" 0

# A second one, and one of its items sealed anew: its own topups count, nobody else's.
another fourth
fourth=$ITEM
ok as ri extend "$GRANT" "$fourth"
has "members run strongroom vote ${REQUEST:0:12} topup --extension 2"
for m in m1 m2; do ok as "$m" vote "$REQUEST" topup --extension 2; done
ok as cu1 reseal ask "$fourth" --reason 'once more' --json
asked=$(json request)
for m in m1 m2; do ok as "$m" vote "$asked" approve; done
ok as cu1 grants --request "$asked" --json
ok as cu1 reseal run "$(json 0.id)"
refused 1 'topup-needed' as ri checkout "$fourth" --grant "$GRANT"
for m in m1 m2 m3 m4; do same "$(owed "$m")" 'extension 2 1' "$m, after the reseal"; done
checked_out "$second" --grant "$GRANT"
ok as ri return "$CHECKOUT"
for m in m2 m3; do ok as "$m" vote "$REQUEST" topup --extension 2; done
checked_out "$fourth" --grant "$GRANT"
ok as ri cat "$CHECKOUT"
same "$OUT" fourth
ok as ri return "$CHECKOUT"
# The end of the grant is the end of all of it.
ok as ri close "$GRANT"
for m in m1 m4; do same "$(owed "$m")" ''; done
refused 1 'grant-state' as ri extend "$GRANT" "$graphic"
refused 1 'grant-state|closed' as ri checkout "$second" --grant "$GRANT"
ok as au log --type incident --json
same "$(jq length out)" 0
ok as au log --type extend --json
same "$(jq length out)" 2
ok sr verify
ok sr rebuild
has 'equal'

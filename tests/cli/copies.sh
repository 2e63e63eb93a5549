#!/bin/bash
# Exact copies: a curator sees where the bytes of an item lie once more, nobody else does.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
mkdir a b c
printf 'the same leaflet\n' | tee a/one.txt >b/two.txt
printf 'the same leaflet\n' >a/again.txt
printf 'only here\n' >b/own.txt
: >a/empty
: >b/empty
printf 'nothing of them\n' >c/other.txt
for d in a b c; do
	as de deposit $d --collection box --json >$d.json 2>err || fail "deposit: $(cat err)"
done
A=$(json item.0 a.json) B=$(json item.0 b.json) C=$(json item.0 c.json)
ok as cu1 intake same "$B" --json
same "$(jq length out)" 2
same "$(jq -r '[.[] | .path + " " + .item + " " + ."other-path"] | sort | join("|")' out)" \
	"b/two.txt $A a/again.txt|b/two.txt $A a/one.txt"
ok as cu1 intake same "$A" --json
# Each of the two has its twin here, and the one in the other item; empty files are nobody's copies.
same "$(jq -r '[.[] | .item] | sort | unique | length' out)" 2
same "$(jq length out)" 4
hasnt 'empty'
ok as cu1 intake same "$A" --json --limit 1 --offset 1
same "$(jq length out)" 1
ok as cu1 intake same "$C"
has 'no file of it lies anywhere else'
# For curators only: a depositor learns nothing of what is there, nor does anybody else.
for who in de ri m1 au of; do
	[[ -f $who.id ]] || continue
	as $who intake same "$A" >out 2>err && fail "$who is told of copies"
	grep -qE 'curator|there is no item|may' err || fail "$who: $(cat err)"
done
ok sr verify

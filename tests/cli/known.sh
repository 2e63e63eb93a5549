#!/bin/bash
# Known hashes are compared with what the catalogue has of all items: each hit is on the record, once for the same list.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
mkdir a b c
printf 'the same leaflet\n' | tee a/one.txt >b/two.txt
printf 'the same leaflet\n' >a/again.txt
printf 'only here\n' >b/own.txt
printf 'nothing of them\n' >c/other.txt
for d in a b c; do
	as de deposit $d --collection box --json >$d.json 2>err || fail "deposit: $(cat err)"
done
A=$(json item.0 a.json) B=$(json item.0 b.json)
# In the forms of sha256sum and of clamd.
sum=$(sha256sum <a/one.txt | cut -d' ' -f1) own=$(sha256sum <b/own.txt | cut -d' ' -f1)
printf '# ours\n%s  Leaflet.Known\n%s:10:Own.Known:73\n%064d  nobody\n' "$sum" "$own" 0 >known
ok as cu1 intake scan --known known --json
same "$(json hashes)" 3
same "$(json files)" 5
same "$(json items)" 2
same "$(jq -r '[.hit[] | .item + " " + (.files | tostring)] | sort | join("|")' out)" \
	"$(printf '%s 2\n%s 2\n' "$A" "$B" | sort | paste -sd'|')"
ok as cu1 show "$B"
has 'two.txt: infected: Leaflet.Known'
has 'own.txt: infected: Own.Known'
ok as cu1 intake list --scanned infected --json
same "$(jq length out)" 2
# The same list says it once.
ok as cu1 intake scan --known known --json
same "$(jq '[.hit[] | select(has("entry"))] | length' out)" 0
as au log --type scan --json >log.json
same "$(jq -s 'flatten | length' log.json)" 2
printf 'no hash\n' >bad
refused 2 'line 1: want the 64 hex digits' as cu1 intake scan --known bad
refused 1 'curator' as de intake scan --known known

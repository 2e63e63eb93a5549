#!/bin/bash
# 10,000 items in one accession and one request: described by a table, released together, two votes with a proof for each
# item, the grant, one item opened. What each step takes is printed; no process may need 128 MiB for it, and the deposit not
# 96.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.bash
ON_DISK=1 . "$(dirname "$0")/../cli/lib.bash"

items=${ITEMS:-10000}
limit=$((128 * 1024)) # KiB
# by WHO VERB...: it must succeed in less memory than the limit; its output is in $W/out.
by() {
	local who=$1 peak=0 now pid began=${EPOCHREALTIME/./} took
	shift
	"$STRONGROOM_T" "$@" --as "$W/$who.id" --passphrase-file "$W/pass" >"$W/out" 2>"$W/err" &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		now=$(awk '/^VmHWM:/ { print $2 }' "/proc/$pid/status" 2>/dev/null || true)
		((${now:-0} <= peak)) || peak=$now
		sleep 0.05
	done
	wait $pid || fail "status $? of: ${*:1:4} ..."
	took=$((${EPOCHREALTIME/./} - began))
	printf '%-18s %4d.%02d s, at most %d KiB\n' "$1 $who" $((took / 1000000)) $((took / 10000 % 100)) "$peak"
	((peak < limit)) || fail "$1 took $peak KiB"
	PEAK=$peak
}

founded
mkdir box
for ((i = 0; i < items; i++)); do printf 'leaflet number %d\n' "$i" >"box/$i.txt"; done
by de deposit box --each file --collection box --json
((PEAK < 96 * 1024)) || fail "the deposit took $PEAK KiB"
same "$(json items)" "$items"
accession=$(json accession)
jq -r '.item[]' out >ids
same "$(sort -u ids | wc -l)" "$items"
{
	echo path,title
	for ((i = 0; i < items; i++)); do echo "box/$i.txt,Leaflet $i"; done
} >rows.csv
by cu1 describe --rows rows.csv --accession "$accession"
by cu2 release --accession "$accession"
mapfile -t all <ids
by ri request "${all[@]}" --purpose research --ends 30d --reason 'the whole box' --json
REQUEST=$(json request)
by m1 vote "$REQUEST" approve
by m2 vote "$REQUEST" approve
has 'granted'
one=$(sed -n "$((items / 2))p" ids)
by ri checkout "$one" --json
CHECKOUT=$(json checkout)
by ri cat "$CHECKOUT"
grep -qE '^leaflet number [0-9]+$' out || fail 'not the leaflet'
by ri return "$CHECKOUT"
by au verify

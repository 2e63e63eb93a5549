#!/bin/bash
# 45,000 files, an item each, in one accession: in less memory than the 128 MiB that a deposit may have, with a margin.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.bash
. "$(dirname "$0")/../cli/lib.bash"

items=${ITEMS:-45000}
limit=$((116 * 1024)) # KiB
founded
mkdir box
for ((i = 0; i < items; i++)); do printf 'leaflet number %d\n' "$i" >"box/$i.txt"; done
began=$SECONDS
"$STRONGROOM_T" deposit box --each file --collection box --json --as "$W/de.id" --passphrase-file "$W/pass" >out 2>err &
pid=$! peak=0
while kill -0 $pid 2>/dev/null; do
	now=$(awk '/^VmHWM:/ { print $2 }' "/proc/$pid/status" 2>/dev/null || true)
	((${now:-0} <= peak)) || peak=$now
	sleep 0.05
done
wait $pid || fail 'the deposit'
same "$(json items)" "$items"
echo "$items items in one deposit: $((SECONDS - began)) s, at most $peak KiB"
((peak > 1000)) || fail 'the memory was not seen'
((peak < limit)) || fail "the deposit took $peak KiB, at most $limit"

#!/bin/bash
# One huge file of zeroes ($SPARSE, 20G): a deposit holds at most 128 MiB of memory whatever the size, every byte of the
# size is read and counted, and equal blocks are kept once.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.bash
ON_DISK=1 . "$(dirname "$0")/../cli/lib.bash"

size=${SPARSE:-20G}
founded 3 2,3
collection once --dedupe collection
truncate -s "$size" huge
bytes=$(stat -c %s huge)
peak=0
began=$SECONDS
"$STRONGROOM_T" deposit huge --collection once --json --as "$W/de.id" --passphrase-file "$W/pass" >out 2>err &
pid=$!
while kill -0 $pid 2>/dev/null; do
	now=$(awk '/^VmHWM:/ { print $2 }' "/proc/$pid/status" 2>/dev/null || true)
	((${now:-0} <= peak)) || peak=$now
	sleep 0.2
done
wait $pid || fail "status $? of the deposit"
took=$((SECONDS - began))
same "$(json bytes)" "$bytes"
echo "deposit of $bytes bytes: $took s, $((bytes / (took + 1) / 1000000)) MB/s, at most $peak KiB, packs $(du -sm vault/packs | cut -f1) MiB"
((peak < 128 * 1024)) || fail "the deposit took $peak KiB"
(($(du -sm vault/packs | cut -f1) < 1024)) || fail 'equal blocks are kept more than once'
ok sr scrub
has '0 findings'

#!/bin/bash
# Old signatures: what a scanner called clean with them, or what has lain longer than the site's limit, is stale, not clean. New
# signatures make it clean again; what is named or was not looked at is never called stale.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

# version DAYS: the clamd's signatures are so many days old now.
version() { echo "ClamAV 1.0.3/27$1/$(LC_ALL=C date -u -d "$1 days ago" '+%a %b %e %T %Y')" >version; }
founded
version 30
bound python3 "$HERE/clamd_fake.py" "$W/clamd" version marker-word 2>clamd.err &
CLAMD=$!
trap 'kill $CLAMD 2>/dev/null; end' EXIT
for _ in $(seq 200); do [[ ! -S clamd ]] || break; sleep 0.05; done
printf 'clamd %s/clamd\n' "$W" >scanners.txt
ok sr intake scanners scanners.txt
has 'ClamAV 1.0.3/2730'
printf 'all well\n' >a.txt
printf 'the marker-word\n' >b.txt
deposit a.txt
good=$ITEM
deposit b.txt
bad=$ITEM
ok as cu1 intake scan "$good" "$bad"
has 'clean by ClamAV'
# Clean, 30 days ago's way; the usual limit is 7.
scanned() { ok as cu1 intake list --scanned "$1" --json && jq -r '[.[].id] | sort | join(" ")' out; }
same "$(scanned stale)" "$good"
same "$(scanned clean)" ''
same "$(scanned infected)" "$bad"
# The log keeps what was said; that it is stale is said of today.
ok as au log --type scan --json
hasnt '"stale"'
same "$(jq -r 'flatten | [.[] | tostring | capture("result.{1,6}(?<r>clean|infected)").r] | sort | join(" ")' out)" 'clean infected'
# The site's own limit: 40 days are allowed.
printf 'clamd %s/clamd\nlimit signatures-days 40\n' "$W" >scanners.txt
ok sr intake scanners scanners.txt
same "$(scanned stale)" ''
same "$(scanned clean)" "$good"
# 11 days later they are older than that.
export SR_TIME_AHEAD=$((11 * 86400))
same "$(scanned stale)" "$good"
same "$(scanned infected)" "$bad"
unset SR_TIME_AHEAD
# New signatures, another look: the newest word counts, the older ones stay.
version 1
printf 'clamd %s/clamd\n' "$W" >scanners.txt
ok sr intake scanners scanners.txt
same "$(scanned stale)" "$good"
ok as cu1 intake scan --again
same "$(scanned stale)" ''
same "$(scanned clean)" "$good"
ok as cu1 intake show "$good" --json
same "$(jq -r '[.scan[].result] | join(" ")' out)" 'clean clean'
ok sr verify
ok sr rebuild

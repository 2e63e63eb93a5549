#!/bin/bash
# Killed at every eleventh step of a redaction (KILL_STRIDE), and every second while what was signed waits in run/, for only
# a few of those are finished at the next opening: it is there, whole, or it is not; and it can be made again.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
printf 'Dear Ada, it begins.\n' >letter
deposit letter
parent=$ITEM
count=1 finished=0 step=1
while :; do
	as cu1 checkout "$parent" --right quarantine --json >"$W/k.json" 2>/dev/null || fail 'checkout'
	c=$(json checkout "$W/k.json")
	if SR_FAULT=$step:-1 as cu1 redact "$c" --gap 0:5-8 --reason why >/dev/null 2>"$W/err"; then
		done=yes
	else
		done=no
	fi
	stride=${KILL_STRIDE:-11}
	((stride < 2)) || ! compgen -G 'vault/run/accession-*.keep' >/dev/null || stride=2
	ok sr status
	! grep -q 'signed but not yet committed is committed now' "$W/out" || finished=$((finished + 1))
	as cu1 return "$c" --quiet >/dev/null
	now=$(sr status --json | jq -r .held)
	[[ $now = "$count" || $now = $((count + 1)) ]] || fail "$now held after $count"
	[[ $done = no || $now = $((count + 1)) ]] || fail 'done, and not there'
	count=$now
	ok sr scrub
	has '; 0 findings'
	[[ $done = no ]] || break
	step=$((step + stride))
	((step < 400)) || fail 'it never ends'
done
((finished > 0)) || fail 'nothing was finished at an opening'
ok sr verify
ok sr rebuild
has 'equal to the one before'

#!/bin/bash
# Scrub names what is damaged, and what is put back is whole again.
# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"

founded
head -c 200000 /dev/urandom >noise
released noise
ok as ke scrub
has '; 0 findings'
pack=$(find "$STRONGROOM_VAULT/packs" -type f -path '*/??/*' | sort | head -n 1)
cp "$pack" "$W/good"
flip "$pack" 70000
refused 3 'lost or damaged' as ke scrub
has '1 finding$'
has "pack packs/../${pack##*/}: segment"
refused 3 'lost or damaged' as ke scrub --json
[[ $(json found.0.name) = */"${pack##*/}" ]] || fail 'the JSON names another pack'
cp "$W/good" "$pack"
ok as ke scrub
has '; 0 findings'
# What the system does not let it read may be whole: another status, other words, and what kept it is told.
if ! sanitized; then
	export LD_PRELOAD=${STRONGROOM_T%/*}/shim.so FAULT='read 1 5+' FAULT_ROOT=$W FAULT_NAME=${pack##*/}
	# One beside it is damaged.
	envelope=$(find "$STRONGROOM_VAULT/items" -type f | sort | head -n 1)
	cp "$envelope" "$W/good.envelope"
	flip "$envelope"
	refused 3 'scrub: 1 of [0-9]+ packs, objects and envelopes are lost or damaged, and 1 could not be read' as ke scrub
	cp "$W/good.envelope" "$envelope"
	refused 5 '1 of .* could not be read; .*Input/output error' as ke scrub
	has 'what to do: see what kept it'
	hasnt 'damaged'
	unset LD_PRELOAD FAULT FAULT_ROOT FAULT_NAME
	ok as au log --json
	jq -e '[.. | objects | select(.type? == "scrub")] | last | tostring | test("unread")' out >jq.out || fail 'what the log says'
	ok as ke notices list --json # and the custodian and the officer are told, as of damage
	same "$(jq '[.[] | select(.what == "scrub-failed")] | length' out)" 2
fi
rm "$pack"
refused 3 'lost or damaged' as ke scrub
has "${pack##*/}"

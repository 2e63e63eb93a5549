#!/bin/bash
# Every verb goes through a running core: nobody but the custodian needs the service keys then.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
core
credential=$STRONGROOM_UNLOCK
export STRONGROOM_UNLOCK=
mv "$credential" hidden
ok sr status --as m1.id --passphrase-file pass
has 'through the running core'
head -c 3000000 /dev/urandom >f
deposit f
as cu1 describe "$ITEM" --title paper --quiet >/dev/null
ok as cu1 checkout "$ITEM" --right quarantine --json
ok as cu1 return "$(json checkout)"
ok as cu2 release "$ITEM"
granted "$ITEM"
checked_out "$ITEM"
refused 1 'binary|text' as ri cat "$CHECKOUT"
ok as ri checkouts --json
same "$(jq -r '.[0]["open-here"]' out)" true
ok as ri return "$CHECKOUT"
printf 'one\ntwo\n' >g
released g
granted "$ITEM"
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
same "$OUT" $'one\ntwo'
# Only one opening is on the record: the core kept it open.
ok as au log --type viewed --json
same "$(jq --arg c "$CHECKOUT" '[.[] | select(.fields[0][1] == $c and .fields[1][1] == "open")] | length' out)" 1
refused 1 'log in|role|needs' sr scrub
ok as ke scrub
ok as au verify
ok as ke rebuild
refused 4 'holds the vault' sr backup "$W/copy" --secrets "$W/s" --escrow "$W/escrow" --secrets-passphrase-file pass --unlock hidden
refused 4 'process' sr core --unlock hidden
mv hidden "$credential"
core_stop
[[ ! -e vault/run/core.sock ]] || fail 'the socket is left behind'
export STRONGROOM_UNLOCK=$credential
sr witness policy --json >policy.json
ok as ri cat "$CHECKOUT"
ok sr verify
# Started without its first three files, it has none of the vault's under their numbers: what the C library or SQLite has to
# say would be written into that one.
cd "$W"
bound "$STRONGROOM_T" core --quiet <&- >&- 2>&- &
CORE_PID=$!
for ((i = 0; i < 200; i++)); do [[ ! -S vault/run/core.sock ]] || break; sleep 0.05; done
ok as ri list
if [[ -r /proc/$CORE_PID/fd ]]; then
	for n in 0 1 2; do same "$(readlink "/proc/$CORE_PID/fd/$n")" / "file $n of a core"; done
fi
core_stop
# What cannot be printed was not said; what cannot be read is not stored as an empty file.
rc=0
sr status >&- 2>err || rc=$?
same "$rc" 5 'status without standard output'
grep -q 'standard output: Bad file descriptor' err || fail "no word of it: $(cat err)"
ok sr log export exported
rc=0
"$STRONGROOM_VERIFY" log exported --key "$(json log "$W/policy.json")" >&- 2>err || rc=$?
same "$rc" 5 'strongroom-verify without standard output'
grep -q 'standard output cannot be written' err || fail "no word of it: $(cat err)"
ok as de deposit - --name none --collection box --json <&-
same "$(json told.0.reason)" 'after 0 bytes: read: Bad file descriptor'
# Told to stop while it opens the vault: nobody tells it twice.
for after in 0.01 0.02 0.03 0.05; do
	bound "$STRONGROOM" core >/dev/null 2>core.err &
	BESIDE_PID=$!
	sleep $after
	kill $BESIDE_PID
	for ((i = 0; i < 500; i++)); do
		ours $BESIDE_PID || break
		sleep 0.02
	done
	! ours $BESIDE_PID || fail "core goes on when it was told to stop after $after s: $(cat core.err)"
	wait $BESIDE_PID || true
done

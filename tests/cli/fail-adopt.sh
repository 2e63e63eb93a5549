#!/bin/bash
# The custodian names a log that lost entries, and the program is killed, or the disk fails or is full, at every write, fsync
# and rename of it (every $KILL_STRIDEth in the check): the vault opens, with the alarm and all that was there before, or
# under its name, whole; what was acknowledged before is there; and where nothing came of it, it can be done again.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

NAME=archive.example/second
adopt() { sr log adopt "$NAME" --known 5000 --confirm 'entries are lost'; }
conf_name() { sed -n 's/^log [0-9]* \([^ ]*\) .*/\1/p' "$STRONGROOM_VAULT/strongroom.conf"; }
checkpoint_name() { head -n 1 "$STRONGROOM_VAULT/ledger/checkpoint"; }

founded
ok sr verify # publishes
ok as m1 request list --json
# What a witness said who knows more of it (log-adopt.sh has a real one).
printf 'a witness knows more' >"$STRONGROOM_VAULT/ledger/alarm"
cp -a "$STRONGROOM_VAULT" "$W/then"
cp -a "$W/state" "$W/state.then"
again() { rm -rf "$STRONGROOM_VAULT" "$W/state" && cp -a "$W/then" "$STRONGROOM_VAULT" && cp -a "$W/state.then" "$W/state"; }

# whole WHAT: opened once more, it is one of the two, and m1, who remembers what was acknowledged, finds it there.
undone=0 named=0
whole() {
	sr witness status --json >the.status 2>the.err || fail "$1: it does not open: $(cat the.err)"
	if jq -e '.. | objects | select(.former? != null)' the.status >/dev/null; then
		named=$((named + 1))
		same "$(conf_name)" "$NAME" "$1"
		same "$(checkpoint_name)" "$NAME" "$1"
		[[ ! -e $STRONGROOM_VAULT/ledger/alarm ]] || fail "$1: the alarm outlived the name"
		as m1 request list --log-name "$NAME" >/dev/null 2>the.err || fail "$1: $(cat the.err)"
	else
		undone=$((undone + 1))
		[[ -e $STRONGROOM_VAULT/ledger/alarm ]] || fail "$1: no name, and the alarm is gone"
		same "$(checkpoint_name)" test.example/vault "$1"
		as m1 request list >/dev/null 2>the.err || fail "$1: $(cat the.err)"
	fi
	sr verify >/dev/null 2>the.err || fail "$1: $(cat the.err)"
}

steps=0
for ((n = 1; n < 300; n += ${KILL_STRIDE:-5})); do
	again
	rc=0
	SR_FAULT="$n:-1" adopt >out 2>err || rc=$?
	((rc == 0 || rc == 137)) || fail "killed at step $n: status $rc"
	whole "killed at step $n"
	((rc == 137)) || break
	steps=$n
done
((rc == 0 && undone > 1 && named > 2)) || fail "kills: status $rc after $n, $undone undone, $named named"

for how in 5 28; do # EIO, ENOSPC
	failed=0
	for ((n = 1 + how % 3; n <= steps; n += ${KILL_STRIDE:-7})); do
		again
		rc=0
		SR_FAULT="$n:$how" adopt >out 2>err || rc=$?
		((rc <= 5)) || fail "errno $how at step $n: status $rc"
		[[ $rc = 0 || -s err ]] || fail "errno $how at step $n: status $rc, and not a word"
		before=$named
		whole "errno $how at step $n"
		((rc != 0 || named > before)) || fail "errno $how at step $n: it says that it has the name, and has not"
		((rc == 0)) || failed=$((failed + 1))
		if ((named == before)); then
			ok adopt
			whole "errno $how at step $n, then again"
			((named > before)) || fail "errno $how at step $n: it is not done again"
		fi
	done
	((failed > 0)) || fail "no failure of errno $how was told"
done
ok sr verify

#!/bin/bash
# A vault with a witness: checkouts wait until it cosigned, receipts carry the cosignature; without it they are refused,
# and two names open one all the same, on the record. An older copy of the vault is refused by what the witness remembers.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

WITNESS_PID=
finish() {
	local rc=$?
	[[ -z $WITNESS_PID ]] || kill "$WITNESS_PID" 2>/dev/null || true
	(exit "$rc")
	end
}
stop_core() {
	kill "$CORE_PID"
	wait "$CORE_PID" || true
	CORE_PID=
}
trap finish EXIT
PORT=0
witness_up() {
	rm -f "$W/started" # the shell empties it later than we look
	bound "$STRONGROOM_T" witness serve "$W/w" --unlock "$W/w.key" --port "$PORT" >"$W/started" 2>"$W/witness.err" &
	WITNESS_PID=$!
	until grep -qs ' at http' "$W/started" || ! kill -0 "$WITNESS_PID" 2>/dev/null; do sleep 0.05; done
	read -r KEY _ URL <"$W/started" || fail "no witness: $(cat "$W/witness.err")"
	PORT=${URL##*:}
}
witness_down() {
	kill "$WITNESS_PID"
	wait "$WITNESS_PID" || true
	WITNESS_PID=
}

# What asks witnesses comes with the asking: no process of a person has the libraries for it beside their keys.
linked=$(ldd "$STRONGROOM_T")
! grep -qE 'libcurl|libmicrohttpd|libgnutls|libldap' <<<"$linked" || fail "the program is linked with: $linked"

founded
echo one >one
echo two >two
released one
ONE=$ITEM
released two
TWO=$ITEM
granted "$ONE" "$TWO"

# The witness knows the log by its key; the vault knows the witness by a policy in its log.
sr witness new "$W/w" --name witness.example/w1 --unlock-new "$W/w.key" --quiet >/dev/null
ok sr witness policy --json
sr witness log add "$W/w" "$(json log)" --quiet
witness_up
ok sr witness status
has 'asks no witnesses'
echo "witness w1 $KEY" >policy
echo 'quorum w1' >>policy
refused 2 'cannot make the quorum' sr witness policy policy
echo "witness w1 $KEY $URL" >policy
echo 'quorum w2' >>policy
refused 2 'not defined above' sr witness policy policy
echo "witness w1 $KEY $URL" >policy
echo 'quorum w1' >>policy
ok sr witness policy policy
refused 1 'in force already' sr witness policy policy
ok sr witness now --json
same "$(json asked)" yes
same "$(json size)" "$(json witnessed)"
ok sr witness policy
grep -qF "witness w1 $KEY" out || fail "another policy: $OUT"

# Embedded, and through core: the checkout waits for the cosignature of its own entry.
ok as ri checkout "$ONE"
CHECKOUT=$(grep -o 'checkout [0-9a-f]*' out | head -n1 | cut -d' ' -f2)
ok as ri cat "$CHECKOUT" 0
has one
ok as ri return "$CHECKOUT"
core
ok as ri checkout "$ONE" --json
CHECKOUT=$(json checkout)
ok as m1 witness status --json
entry=$(json witnessed)
ok as ri return "$CHECKOUT"
ok as m1 witness now
# What is published carries the witness's word.
for f in checkpoint witnessed; do
	grep -q '^— witness.example/w1 ' "$STRONGROOM_VAULT/ledger/$f" || fail "no cosignature in ledger/$f"
done
(($(sr witness log list "$W/w" --json | jq '.[0].size') >= entry)) || fail "the witness is behind"

# An older copy, for later.
stop_core
cp -a "$STRONGROOM_VAULT" "$W/older"
core
ok as m1 comment "$REQUEST" 'later'
ok as m1 witness now

# Without the witness: refused, with who is missing and what to do; nothing else waits.
witness_down
export SR_WITNESS_MS=1500
refused 1 'not witnessed.*missing: w1 \(.*onnect' as ri checkout "$ONE"
has 'break-glass'
export SR_WITNESS_MS=300 # who is missing was told; now only that it is
BEGUN=$(grep -oE 'strongroom cat [0-9a-f]+' err | cut -d' ' -f3)
ok as m1 comment "$REQUEST" 'comments do not wait'
ok as ri checkout "$TWO" --break-glass --json
CHECKOUT=$(json checkout)
refused 1 'not witnessed' as ri cat "$CHECKOUT" 0
refused 1 'own-checkout|role-missing' as ri break-glass "$CHECKOUT" --reason 'I want to'
refused 2 'reason is missing' as m1 break-glass "$CHECKOUT"
ok as m1 break-glass "$CHECKOUT" --reason 'the network is down'
has 'one more person'
refused 1 'said-already' as m1 break-glass "$CHECKOUT" --reason 'again'
refused 1 'not witnessed' as ri cat "$CHECKOUT" 0
ok as of break-glass "$CHECKOUT" --reason 'the deadline is today'
has 'two people said it'
ok as ri cat "$CHECKOUT" 0
has two
ok as au log --type incident --json
same "$(jq -r '[.[] | tostring | select(test("break-glass"))] | length' out)" 1

# Back: what was missed is made up for, without anybody asking.
unset SR_WITNESS_MS
witness_up
ok as m1 witness now
ok as ri cat "$BEGUN" 0
has one

# The older copy, taken for the vault: the witness knows more, and core ends. One that takes its time to say so holds up
# nobody who reads; what would write waits for it, so that nothing comes into the fork.
stop_core
mv "$STRONGROOM_VAULT" "$W/newer"
mv "$W/older" "$STRONGROOM_VAULT"
rm -rf "$STRONGROOM_STATE"
kill -STOP "$WITNESS_PID"
core
ok as m1 witness status --json
entries=$(json size)
as m1 comment "$REQUEST" 'a fork' >fork.out 2>&1 &
forker=$!
sleep 0.3
ok as m2 inbox # beside the one that waits
kill -CONT "$WITNESS_PID"
for _ in $(seq 200); do ours "$CORE_PID" || break; sleep 0.05; done
! ours "$CORE_PID" || fail 'core goes on with an older copy'
rc=0
wait "$CORE_PID" || rc=$?
CORE_PID=
same "$rc" 3
grep -qE 'ends before it wrote anything: witness .* cosigned size [0-9]+ of this log, which has [0-9]+ entries' core.err ||
	fail "core says: $(cat core.err)"
! wait "$forker" || fail 'a comment was written into the fork'
ok sr witness status --json
same "$(json size)" "$entries"
refused 3 'core does not start: witness .* cosigned size' sr core
refused 4 'writing stops, by a witness' as m1 comment "$REQUEST" 'a fork'
ok sr witness status
has 'ALARM'
refused 2 'confirm' sr witness dismiss
ok sr witness dismiss --confirm 'that witness is wrong'
ok as m1 comment "$REQUEST" 'now a fork, on the record'
refused 3 'a witness gives an alarm' sr witness now
# The true copy is taken again.
mv "$STRONGROOM_VAULT" "$W/older"
mv "$W/newer" "$STRONGROOM_VAULT"
rm -rf "$STRONGROOM_STATE"
ok sr witness now
ok as au log --type incident --json
same "$(jq -r '[.[] | tostring | select(test("dismissed"))] | length' out)" 0

# Another policy takes the place of this one: loudly.
echo 'quorum none' >none
ok sr witness policy none
ok as au log --type incident --json
same "$(jq -r '[.[] | tostring | select(test("witness-policy-changed"))] | length' out)" 1
witness_down
ok as ri return "$CHECKOUT"
ok as ri checkout "$TWO" --json

#!/bin/bash
# The board votes on the log's witnesses; readers' programs check the quorum themselves, by that policy or by one of their
# own, before any key leaves them, and remember it: a vault that shows an older one withholds.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

declare -A PID KEY URL
finish() {
	local rc=$? p
	for p in "${PID[@]}"; do kill "$p" 2>/dev/null || true; done
	(exit "$rc")
	end
}
trap finish EXIT
# witness_up NAME: its folder is made the first time; it knows the vault's log.
witness_up() {
	if [[ ! -d $W/$1 ]]; then
		sr witness new "$W/$1" --name "witness.example/$1" --unlock-new "$W/$1.key" --quiet >/dev/null
		sr witness log add "$W/$1" "$LOG" --quiet
	fi
	rm -f "$W/$1.up" # the shell empties it later than we look
	bound "$STRONGROOM_T" witness serve "$W/$1" --unlock "$W/$1.key" --port 0 >"$W/$1.up" 2>"$W/$1.err" &
	PID[$1]=$!
	until grep -qs ' at http' "$W/$1.up" || ! kill -0 "${PID[$1]}" 2>/dev/null; do sleep 0.05; done
	read -r "KEY[$1]" _ "URL[$1]" <"$W/$1.up" || fail "no witness: $(cat "$W/$1.err")"
}
witness_down() {
	kill "${PID[$1]}"
	wait "${PID[$1]}" || true
	unset "PID[$1]"
}

founded
echo one >one
released one
granted "$ITEM"
ok sr witness policy --json
LOG=$(json log)
witness_up a
witness_up b
policy() { # FILE NAME...: all of them
	local f=$1 n
	shift
	for n in "$@"; do echo "witness $n ${KEY[$n]} ${URL[$n]}"; done >"$f"
	echo "group all_of all $*" >>"$f"
	echo 'quorum all_of' >>"$f"
}
policy pa a
policy pb b
policy pab a b

# The custodian's choice, until the board makes its own: then that is the board's to change.
ok sr witness policy pa
ok sr witness status
has "the policy is the custodian's choice"
checked_out "$ITEM"
ok as ri return "$CHECKOUT"
# An hour without a witness is in the log when it is over.
witness_down a
witness_down b
export SR_TIME_AHEAD=3600
witness_up a
witness_up b
policy pa a
policy pb b
policy pab a b
ok sr witness policy pa # its address is another
ok sr witness now
ok as of log grep 'event unwitnessed' --json
same "$(jq length out)" 1
from=$(jq -r '.[0].fields[] | select(.[0] == "from")[1]' out)
to=$(jq -r '.[0].fields[] | select(.[0] == "to")[1]' out)
(($(date -d "$to" +%s) - $(date -d "$from" +%s) > 3500)) || fail "not an hour: $from to $to"
ok sr witness now
ok as of log grep 'event unwitnessed' --json
same "$(jq length out)" 1
refused 1 'house-asks-for-acts' as ri witness policy pab --ask --reason why
refused 2 'reason is missing' as m1 witness policy pab --ask
echo 'quorum nobody' >bad
refused 1 'policy-unfit.*not defined above' as m1 witness policy bad --ask --reason why
refused 1 'policy-in-force' as m1 witness policy pa --ask --reason why
ok as m1 witness policy pb --ask --reason 'the other house' --json
other=$(json request)
ok as of witness policy pab --ask --reason 'both houses' --json
ask=$(json request)
ok as m2 policy show "$ask"
grep -qF "witness b ${KEY[b]}" out || fail "another policy: $OUT"
ok as m1 vote "$ask" approve
ok as m2 vote "$ask" approve
ok as m3 vote "$ask" approve # rules for all take the highest level
has 'decided: these are'
ok sr witness status
has "the policy is the board's"
ok as m2 vote "$other" approve
ok as m3 vote "$other" approve
has 'another witness policy was adopted since|refused'
ok as m1 request show "$other" --json
same "$(json state)" refused
refused 1 'the board adopted the policy in force' sr witness policy pa
ok as of log grep 'event policy' --json
same "$(jq length out)" 3

# A reader checks both cosignatures, and those of a policy of their own.
checked_out "$ITEM" --witnesses pa
ok as ri return "$CHECKOUT"
witness_up c
policy pc c
SR_WITNESS_MS=300 refused 1 'not witnessed.*missing: a cosignature' as ri checkout "$ITEM" --witnesses pc
BEGUN=$(grep -oE 'strongroom cat [0-9a-f]+' err | cut -d' ' -f3)
SR_WITNESS_MS=300 refused 1 'not witnessed' as ri cat "$BEGUN" 0 --witnesses pc
ok as ri cat "$BEGUN" 0
has one
ok as ri return "$BEGUN"
# One of the two is away: below the quorum, nothing opens; two people may answer for it, and what they signed is proven.
witness_down b
core
SR_WITNESS_MS=300 refused 1 'not witnessed.*missing: b \(' as ri checkout "$ITEM"
BEGUN=$(grep -oE 'strongroom cat [0-9a-f]+' err | cut -d' ' -f3)
ok as m1 break-glass "$BEGUN" --reason 'b is away'
SR_WITNESS_MS=300 refused 1 'not witnessed' as ri cat "$BEGUN" 0
ok as of break-glass "$BEGUN" --reason 'and the deadline is today'
ok as ri cat "$BEGUN" 0
has one
ok as ri return "$BEGUN"

# What was seen once is remembered: an older policy, or none, is withheld.
memory=$(find "$STRONGROOM_STATE" -name 'witnesses-*' | head -n 1)
[[ -s $memory ]] || fail 'the policy that was seen is not remembered'
grep -qx 'voted yes' "$memory" || fail 'that the board adopted it is not remembered'
sed -i 's/^entry .*/entry 99999/' "$memory"
SR_WITNESS_MS=300 refused 3 'older witness policy, and that of entry 99999 was verified before: it is withheld' as ri checkout "$ITEM"
rm "$memory"
ok as ri checkouts --live --json
ok as ri return "$(json 0.id)"
core_stop
# Without it the quorum is voted away as it came: by the board, not by the house alone.
echo 'quorum none' >none
refused 1 'the board adopted' sr witness policy none
ok as m1 witness policy none --ask --reason 'the houses are closed' --json
ask=$(json request)
ok as m2 vote "$ask" approve
ok as m3 vote "$ask" approve
ok sr witness status
has 'checkouts do not wait'
checked_out "$ITEM"
ok sr rebuild
has equal
ok sr verify

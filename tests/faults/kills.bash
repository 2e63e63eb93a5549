# kills - the acts of story.bash, killed: at points of their own, where something on the disk is about to change, and at random
# moments. ROUNDS for each act, half of them so, half so; from SEED. Each time the vault opens, fits what people remember of it
# and has no damage; what was acknowledged is there, and what was not can be done.
# shellcheck shell=bash

shim=$(dirname "$STRONGROOM_T")/shim.so
[[ -f $shim ]] || skip 'no shim was built'
! sanitized || skip 'a sanitizer wants to be the first library'
command -v age >/dev/null || skip 'no age to open an export'
sandboxed
SEED=${SEED:-$RANDOM}
echo "SEED=$SEED"
RANDOM=$SEED
KILLED=0 KILL_ROUNDS=0

# The act, killed at a moment of the time that it takes (microseconds).
by_surprise() { # STEP TOOK
	local pid child
	act "$1" >out 2>err &
	pid=$!
	sleep "$(printf '0.%06d' $(((RANDOM * 32768 + RANDOM) % $2 % 1000000)))"
	# The program is a child of the shell that runs the act; its forks end by themselves when it is gone.
	for child in $(cat "/proc/$pid/task/$pid/children" 2>/dev/null); do kill -KILL "$child" 2>/dev/null || true; done
	wait "$pid"
}

killed() { # STEP
	local step=$1 points round rc took began died=0 whole=0
	FAULTY=(FAULT_COUNT="$W/counts" FAULT_ROOT="$W" LD_PRELOAD="$shim")
	began=${EPOCHREALTIME/./}
	ok act "$step"
	took=$((${EPOCHREALTIME/./} - began))
	FAULTY=()
	points=$(sed -n 's/^change //p' counts)
	for ((round = 0; round < ROUNDS; round++)); do
		again
		rc=0
		if ((round % 2 == 0 && points > 0)); then
			# Every point once before one comes again; few rounds are spread over all.
			nth=$(((round / 2 * (points > ROUNDS / 2 ? points * 2 / ROUNDS : 1) + SEED) % points + 1))
			FAULTY=(FAULT="change $nth kill" FAULT_ROOT="$W" LD_PRELOAD="$shim")
			act "$step" >out 2>err || rc=$?
			FAULTY=()
		else
			by_surprise "$step" "$took" || rc=$?
		fi
		((rc == 0 || rc == 137)) || fail "$step, killed in round $round: status $rc"
		sound "$step"
		if ((rc == 0)); then
			whole=$((whole + 1))
			shown "$step"
		else
			died=$((died + 1))
			redone "$step"
		fi
	done
	KILLED=$((KILLED + died)) KILL_ROUNDS=$((KILL_ROUNDS + ROUNDS))
	echo "$step: $died kills (points where the disk changes: $points), $whole ended before"
}

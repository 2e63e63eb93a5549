#!/bin/bash
# Every call to the system fails once, or from then on, at each of its places in the course of an act: the program says what
# happened and what to do, with the status of a system's failure, and ends; what it acknowledged is there; the vault opens, fits
# what people remember of it, has no damage, and the act can be done. What is only interrupted, or done by halves, goes on.
#
# ACT: some of the acts of tests/faults/story.bash (default: all). PLACES: of each kind of call and failure at most so many
# places, evenly spread, from OFFSET on (default: 1000, which is all but of memory; another OFFSET tries others). LIMIT_MIN:
# minutes for each act. THROUGH=core: it is core whose calls fail, and the act comes over its socket. CALLS: some of the kinds
# of calls. ONLY='CALL NTH HOW': that place and no other, as a finding names it. Says how many of all places it tried. A day;
# PLACES=3 takes half an hour.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.bash source=../faults/story.bash disable=SC2034
. "$(dirname "$0")/../cli/lib.bash"
. "$HERE/../faults/story.bash"

shim=$(dirname "$STRONGROOM_T")/shim.so
[[ -f $shim ]] || skip 'no shim was built'
! sanitized || skip 'a sanitizer wants to be the first library'
command -v age >/dev/null || skip 'no age to open an export'
sr doctor >out 2>err || skip "no sandbox here: $(head -n 3 out err)"
PLACES=${PLACES:-1000}
OFFSET=${OFFSET:-$RANDOM}
LIMIT_MIN=${LIMIT_MIN:-100000}
LIMIT_S=30 # seconds for one act, which takes one: what takes longer hangs
echo "OFFSET=$OFFSET"

# By which errors each kind of call fails; + : all that follow, too.
hows() {
	case $1 in
	read) echo 5 5+ 4 short ;;
	write) echo 5 28 28+ 4 short ;;
	open) # what only reads makes no file for which there could be no room
		if [[ $DOING = scrub ]]; then echo 5 24+ 4; else echo 5 28 24+ 4; fi
		;;
	talk) echo 5 104+ 4 short ;;
	connect) echo 5 ;;
	poll) echo 12 4 ;;
	wait) echo 4 ;;
	memory) echo 12 12+ ;;
	map) echo 12 12+ ;;
	pin) echo 12+ ;;
	fork | thread) echo 11 11+ ;;
	socket) echo 24 24+ ;;
	lock) echo 37 ;;
	random) echo 4 ;;
	stat | list) echo 5 5+ ;;
	fsync) echo 5 5+ ;;
	change) ;;
	*) echo 5 28+ ;;
	esac
}
declare -A says=([5]='Input/output error' [28]='No space left' [24]='Too many open files' [12]='emory' [11]='temporarily' [37]='locks'
	[104]='reset by peer')

# The act, with $FAULTY: of the program that does it, or of a core that is asked.
broken() { # STEP
	local pid core=0 rc=0 began=$SECONDS sock=$STRONGROOM_VAULT/run/core.sock
	if [[ -z ${THROUGH:-} ]]; then
		FAULTY+=(timeout -k 10 "$LIMIT_S")
		act "$1" >out 2>err
		return
	fi
	: >out
	: >err
	rm -f "$sock"
	env "${FAULTY[@]}" "$STRONGROOM_T" core >core.out 2>core.err &
	pid=$!
	while [[ ! -S $sock ]] && kill -0 $pid 2>/dev/null; do
		((SECONDS - began < LIMIT_S)) || break
		sleep 0.02
	done
	FAULTY=(timeout -k 10 "$LIMIT_S")
	# Without the keys of the vault it can go no other way. A core that did not begin has said why.
	if [[ -S $sock ]]; then STRONGROOM_UNLOCK='' act "$1" >out 2>err || rc=$?; else rc=5; fi
	FAULTY=()
	kill $pid 2>/dev/null || true
	began=$SECONDS
	while kill -0 $pid 2>/dev/null; do
		((SECONDS - began < LIMIT_S)) || { kill -ABRT $pid && fail "core does not end: $(cat core.err)"; }
		sleep 0.01
	done
	wait $pid || core=$?
	((core == 0 || core == 5)) || fail "core ended with status $core: $(cat core.err)"
	cat core.err >>err
	return $rc
}

# What came of the act with this fault, which is in $rc, out and err.
judged() { # STEP FAULT NUMBER
	local number=${3%+}
	case $3 in
	24+) # who cannot be let in waits, and may end it
		((rc == 0 || rc == 5)) || { ((rc == 124)) && grep -q 'nobody more can connect now' err; } ||
			fail "$1 with '$2': status $rc"
		;;
	4 | short) ((rc == 0)) || fail "$1 with '$2': status $rc, where it could go on" ;;
	*)
		# A second copy that cannot be written is a medium to be mounted, whatever the system said of it.
		((rc == 0 || rc == 5)) || { ((rc == 4)) && grep -q 'the second copy cannot be written' err; } ||
			fail "$1 with '$2': status $rc"
		;;
	esac
	((rc != 0)) || return 0
	grep -qF "${says[$number]}" err || fail "$1 with '$2': it does not say '${says[$number]}'"
	grep -qE 'what to do:|raise the limit' err || fail "$1 with '$2': no advice"
}

# One fault, in a shell of its own. Status 0: it stopped the act; 10: it did not; else a finding, which was told.
place() { # STEP CALL NTH HOW
	local rc=0
	again
	FAULTY=(FAULT="$2 $3 $4" FAULT_ROOT="$W" LD_PRELOAD="$shim")
	broken "$1" || rc=$?
	FAULTY=()
	judged "$1" "$2 $3 $4" "$4"
	sound "$1"
	if ((rc == 0)); then
		shown "$1"
		exit 10
	fi
	redone "$1"
	exit 0
}

# The places of an act to be tried, in an order that OFFSET decides.
places_of() { # COUNTS
	local call n how k nth stride
	while read -r call n; do
		[[ " ${CALLS:-$call} " == *" $call "* ]] || continue
		stride=$(((n + PLACES - 1) / PLACES))
		for how in $(hows "$call"); do
			for ((k = 0; k < PLACES && k < n; k++)); do
				nth=$((k * stride + OFFSET % stride + 1))
				((nth > n)) || echo "$call $nth $how"
			done
		done
	done <"$1" | shuf --random-source=<(yes "$OFFSET")
}
all_places() { # COUNTS
	local call n all=0
	while read -r call n; do all=$((all + n * $(hows "$call" | wc -w))); done <"$1"
	echo $all
}

tried() { # STEP
	local DOING=$1 step=$1 call how nth rc all ran=0 went=0 found=0 began=$SECONDS
	FAULTY=(FAULT_COUNT="$W/counts" FAULT_ROOT="$W" LD_PRELOAD="$shim")
	broken "$step" || fail "$step without a fault"
	FAULTY=()
	all=$(all_places counts)
	if [[ -n ${ONLY:-} ]]; then echo "$ONLY" >places; else places_of counts >places; fi
	while read -r call nth how; do
		((SECONDS - began < LIMIT_MIN * 60)) || break
		rc=0
		(place "$step" "$call" "$nth" "$how") >told 2>&1 </dev/null || rc=$?
		ran=$((ran + 1))
		case $rc in
		0) ;;
		10) went=$((went + 1)) ;;
		*)
			found=$((found + 1))
			echo "FOUND: $step with '$call $nth $how': $(cat told)"
			;;
		esac
	done <places
	((ran > 0)) || fail "$step: not one fault"
	printf "%s: ran %'d of %'d places, %'d of them did not stop it, %d findings, %d s\n" "$step" $ran "$all" $went $found \
		$((SECONDS - began))
	FOUND=$((FOUND + found)) RAN=$((RAN + ran)) ALL=$((ALL + all)) ACTS=$((ACTS + 1))
}
FOUND=0 RAN=0 ALL=0 ACTS=0
story tried
printf "ran %'d of %'d places in %d of %d acts\n" $RAN $ALL $ACTS "$(wc -w <<<"$STEPS")"
echo "$((RAN - FOUND)) passed, $FOUND failed"
((FOUND == 0)) || exit 1

#!/bin/bash
# Every call to the system fails once, or from then on, at each of its places in the course of an act: the program says what
# happened and what to do, with the status of a system's failure, and ends; what it acknowledged is there; the vault opens, fits
# what people remember of it, has no damage, and the act can be done. What is only interrupted, or done by halves, goes on.
#
# An act calls the system 30,000 to 140,000 times, most of them from the same places in the code. A place is a stack: the DEPTH
# innermost return addresses (default: 8; tests/faults/shim.c says how they are named; OWN=1: of the program alone, so that all
# that a library calls for one line of ours is one place). Of each kind of call and failure one call from each place fails, once.
# SEEN=FILE: what was tried is written there, a line `CALL STACK HOW ACT OUTCOME FRAMES` each, and a place that passed is not
# tried again, in another act neither: so a run can be broken off and gone on with, also with another build, where functions
# that were not changed keep their places. NEAR=N: of places whose N innermost addresses are the same only one, for a first
# round. PLACES: of each kind of call and failure at most so many in each act (0: only count them).
#
# STACKS=0: each call is a place of its own, whatever its stack; PLACES of each kind, evenly spread, from OFFSET on (default:
# 1000, which is all but of memory; another OFFSET tries others).
#
# ACT: some of the acts of tests/faults/story.bash (default: all). CALLS: some of the kinds of calls. LIMIT_MIN, TOTAL_MIN:
# minutes for each act, and for all of them. THROUGH=core: it is core whose calls fail, and the act comes over its socket.
# ONLY='CALL NTH[@STACK] HOW': that place and no other, as a finding names it. Says how many of all places it tried.
#
# All acts have 37,000 places, 26,000 of them of memory: an hour and a half of a core, with SEEN in as many pieces as one likes
# (NEAR=4: 12,000; PLACES=0 counts them in half a minute).
# shellcheck source-path=SCRIPTDIR source=../cli/lib.bash source=../faults/story.bash disable=SC2034,SC2016
[[ -z ${SEEN:-} ]] || SEEN=$(realpath -m -- "$SEEN")
. "$(dirname "$0")/../cli/lib.bash"
. "$HERE/../faults/story.bash"

shim=$(dirname "$STRONGROOM_T")/shim.so
[[ -f $shim ]] || skip 'no shim was built'
! sanitized || skip 'a sanitizer wants to be the first library'
command -v age >/dev/null || skip 'no age to open an export'
sandboxed
STACKS=${STACKS:-1}
DEPTH=${DEPTH:-8}
SEEN=${SEEN:-$W/seen}
NEAR=${NEAR:-0}
if ((STACKS)); then PLACES=${PLACES:-1000000}; else PLACES=${PLACES:-1000}; fi
OFFSET=${OFFSET:-$RANDOM}
LIMIT_MIN=${LIMIT_MIN:-100000}
TOTAL_MIN=${TOTAL_MIN:-100000}
ALONE='backup rotate adopt' # these want core ended
LIMIT_S=30 # seconds for one act, which takes one: what takes longer hangs
echo "OFFSET=$OFFSET"

# By which errors each kind of call fails; + : all that follow, too.
hows() {
	case $1 in
	read) echo 5 5+ 4 short ;;
	write) echo 5 28 28+ 4 short ;;
	open) echo 5 24+ 4 ;; # what makes no file finds no lack of room
	create) echo 5 28 28+ 24+ 4 ;;
	talk) echo 5 104+ 4 short ;;
	connect) echo 5 ;;
	poll) echo 12 4 ;;
	wait) echo 4 ;;
	close) echo 5 ;;
	setup) echo 1 1+ ;;
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
declare -A says=([1]='not permitted' [5]='Input/output error' [28]='No space left' [24]='Too many open files' [12]='emory' [11]='temporarily' [37]='locks'
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
	bound env "${FAULTY[@]}" "$STRONGROOM_T" core >core.out 2>core.err &
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
			{ ((rc == 4)) && grep -q 'the second copy cannot be written' err; } || fail "$1 with '$2': status $rc"
		;;
	4 | short) ((rc == 0)) || fail "$1 with '$2': status $rc, where it could go on" ;;
	*)
		# A second copy that cannot be written is a medium to be mounted, whatever the system said of it.
		((rc == 0 || rc == 5)) || { ((rc == 4)) && grep -q 'the second copy cannot be written' err; } ||
			fail "$1 with '$2': status $rc"
		;;
	esac
	((rc != 0)) || return 0
	# Of a connection that is gone core has nobody to tell, and the client nothing to say but that.
	[[ $number = 104 && -n ${THROUGH:-} ]] && grep -qE 'core closed the connection|Broken pipe' err ||
		{ [[ $number = 12 ]] && grep -qE 'no thread|starting [0-9]+ threads' err; } || # what a thread needs is not called memory by the system
		grep -qF "${says[$number]}" err || fail "$1 with '$2': it does not say '${says[$number]}'"
	grep -qE 'what to do:|raise the limit|mount its medium' err || fail "$1 with '$2': no advice"
}

# All that an act can leave behind: names, kinds, modes and bytes. But for the roots of secrets.db, which every opening writes
# anew, in place (DESIGN 7): whether they are whole only another opening tells.
state_now() {
	tar -C disk --sort=name --mtime=@0 --numeric-owner --warning=no-file-ignored --exclude='secrets.db*-root' -cf - . |
		sha256sum | cut -d ' ' -f 1
}

# One fault, in a shell of its own. Status 0: it stopped the act; 10: it did not; 11: no such call came; else a finding, which
# was told. What is judged is a state of the disk and whether the act was acknowledged: one that was judged already is opened.
place() { # STEP CALL NTH HOW
	local rc=0 now hit='' known nth
	for nth in "$3" "1@${3#*@}"; do
		rc=0
		again
		rm -f hit
		FAULTY=(FAULT="$2 $nth $4" FAULT_ROOT="$W" FAULT_HIT="$W/hit" "${STACK_WORDS[@]}" LD_PRELOAD="$shim")
		broken "$1" || rc=$?
		FAULTY=()
		read -r hit 2>/dev/null <"$W/hit" || true
		[[ -z $hit && $3 = *@* ]] || break
	done
	[[ -n $hit ]] || exit 11
	judged "$1" "$2 $3 $4" "$4"
	now=$(state_now)
	((${#now} == 64)) || fail "$1 with '$2 $3 $4': what it left behind cannot be read: $now"
	known=known/$1.$((rc == 0)).$now
	if [[ -e $known ]]; then
		unlocked "$1"
		ok sr status
	else
		sound "$1"
		if ((rc == 0)); then shown "$1"; else redone "$1"; fi
		touch "$known"
	fi
	((rc != 0)) || exit 10
	exit 0
}

# The places of an act, a line each: CALL NTH[@STACK] HOW FRAMES. Of a stack the first call, or one a little later: threads take turns.
declare -A HOWS
all_places() {
	local call n stack frames how
	HOWS=()
	if ((STACKS)); then cut -d ' ' -f 1,2,4- stacks; else cat counts; fi | while read -r call n stack frames; do
		[[ $call != lost ]] || fail "there are more stacks than the shim has room for: $n calls are not in its table"
		[[ " ${CALLS:-$call} " == *" $call "* ]] || continue
		[[ -n ${HOWS[$call]+x} ]] || HOWS[$call]=$(hows "$call")
		for how in ${HOWS[$call]}; do
			if ((STACKS)); then
				echo "$call $((n - n / 8 > 64 ? n - n / 8 - 64 : 1))@$stack $how ${frames// /<}"
			else
				echo "$call $n $how"
			fi
		done
	done
}
# Which of them are to be tried, in an order that OFFSET decides; or (`passed`) how many passed before.
choose='function near(frames,  a, n, i, s) { n = split(frames, a, "<"); for (i = 1; i <= n && i <= most; i++) s = s "<" a[i]; return s }
	FILENAME == ARGV[1] && ($5 == "stopped" || $5 == "went") { seen[$1 " " $2 " " $3]; close_to[$1 " " $3 near($6)] }
	FILENAME == ARGV[1] { next }
	{ split($2, at, "@"); before = ($1 " " at[2] " " $3) in seen; key = $1 " " $3 near($4) }
	passed { n += before; next }
	!before && (most == 0 || !(key in close_to)) { close_to[key]; print }
	END { if (passed) print n + 0 }'
in_order() { shuf --random-source=<(yes "$OFFSET"); }
chosen_places() {
	local call n how k nth stride
	if ((STACKS)); then
		in_order <all | awk -v most="$NEAR" "$choose" "$SEEN" -
	else
		while read -r call n how; do
			stride=$((PLACES == 0 ? 1 : (n + PLACES - 1) / PLACES))
			for ((k = 0; k < PLACES && k < n; k++)); do
				nth=$((k * stride + OFFSET % stride + 1))
				((nth > n)) || echo "$call $nth $how"
			done
		done <all | in_order
	fi | awk -v most="$PLACES" 'n[$1 " " $3]++ < most'
}

tried() { # STEP
	local step=$1 call how frames nth rc all seen=0 ran=0 went=0 missed=0 found=0 began=$SECONDS what
	if [[ -n ${THROUGH:-} && " $ALONE " == *" $step "* ]]; then
		echo "$step: not while core runs"
		return 0
	fi
	FAULTY=(FAULT_COUNT="$W/counts" FAULT_STACKS="$W/stacks" FAULT_ROOT="$W" "${STACK_WORDS[@]}" LD_PRELOAD="$shim")
	broken "$step" || fail "$step without a fault"
	FAULTY=()
	all_places >all
	if ((STACKS)); then all=$(wc -l <all); else all=$(awk '{ n += $2 } END { print n + 0 }' all); fi
	((all > 0)) || fail "$step calls nothing"
	cut -d ' ' -f 1-3 all >>keys
	if [[ -n ${ONLY:-} ]]; then echo "$ONLY" >places; else chosen_places >places; fi
	! ((STACKS)) || [[ -n ${ONLY:-} ]] || seen=$(awk -v passed=1 "$choose" "$SEEN" all)
	mkdir -p known
	while read -r call nth how frames; do
		((SECONDS - began < LIMIT_MIN * 60 && SECONDS < TOTAL_MIN * 60)) || break
		rc=0
		(place "$step" "$call" "$nth" "$how") >told 2>&1 </dev/null || rc=$?
		ran=$((ran + 1))
		what=stopped
		case $rc in
		0) ;;
		10) went=$((went + 1)) what=went ;;
		11) missed=$((missed + 1)) what=missed ;;
		*)
			found=$((found + 1)) what=found
			echo "FOUND: $step with '$call $nth $how': $(cat told)"
			! ((STACKS)) || sed -n "s/^$call [0-9]* [0-9]* ${nth#*@} /--- called by: /p" stacks
			;;
		esac
		! ((STACKS)) || echo "$call ${nth#*@} $how $step $what $frames" >>"$SEEN"
	done <places
	((PLACES == 0 || seen + ran > 0)) || ((SECONDS >= TOTAL_MIN * 60)) || fail "$step: not one fault"
	printf "%s: %'d places, %'d of them passed before; ran %'d, %'d of them did not stop it, %d were not reached, %d findings, %d s\n" \
		"$step" "$all" "$seen" $ran $went $missed $found $((SECONDS - began))
	FOUND=$((FOUND + found)) RAN=$((RAN + ran)) MISSED=$((MISSED + missed)) ALL=$((ALL + all)) ACTS=$((ACTS + 1))
}
FOUND=0 RAN=0 MISSED=0 ALL=0 ACTS=0
STACK_WORDS=(FAULT_DEPTH="$DEPTH")
[[ -z ${OWN:-} ]] || STACK_WORDS+=(FAULT_OWN=1)
touch "$SEEN"
story tried
if ((STACKS)); then
	sed 's/ [0-9]*@/ @/' keys | sort -u >distinct
	ALL=$(wc -l <distinct)
	printf "distinct places of these acts: %'d; passed, with the runs before: %'d\n" "$ALL" \
		"$(awk -v passed=1 "$choose" "$SEEN" distinct)"
fi
printf "ran %'d of %'d places in %d of %d acts\n" $RAN "$ALL" $ACTS "$(wc -w <<<"$STEPS")"
echo "$((RAN - FOUND - MISSED)) passed, $FOUND failed"
((FOUND == 0)) || exit 1

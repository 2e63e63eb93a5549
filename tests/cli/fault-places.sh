#!/bin/bash
# Places at which one call to the system failed, and the sentence once said something else, or nothing (tests/soak/faults.sh
# looks for them): the reason that the system gave is told, with what to do, and afterwards the act can be done.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

shim=$(dirname "$STRONGROOM_T")/shim.so
[[ -f $shim ]] || skip 'no shim was built'
! sanitized || skip 'a sanitizer wants to be the first library'
# faulty 'CALL NTH HOW' PIECE COMMAND...: in its calls on files with PIECE in their path.
faulty() {
	local fault=$1 name=$2
	shift 2
	LD_PRELOAD=$shim FAULT=$fault FAULT_ROOT=$W FAULT_NAME=$name "$@"
}
counted() { # CALL PIECE COMMAND...: how many there are
	local call=$1 name=$2
	shift 2
	LD_PRELOAD=$shim FAULT_COUNT=$W/counts FAULT_ROOT=$W FAULT_NAME=$name "$@" >counted.out
	sed -n "s/^$call //p" counts
}

founded
echo one >one
cp -a "$STRONGROOM_VAULT" before
cp -a "$STRONGROOM_STATE" state.then
again() { rm -rf "$STRONGROOM_VAULT" "$STRONGROOM_STATE" && cp -a before "$STRONGROOM_VAULT" && cp -a state.then "$STRONGROOM_STATE"; }

# The folder for a new object, which is opened to see whether it is there (near the end of a deposit).
opens=$(counted open vault/objects/ as de deposit one --collection box)
((opens > 8)) || fail "$opens opens of objects in a deposit"
stopped=0
for ((n = opens - 8; n <= opens - 5; n++)); do
	again
	rc=0
	faulty "open $n 5" vault/objects/ as de deposit one --collection box >out 2>err || rc=$?
	((rc == 0 || rc == 5)) || fail "status $rc with open $n of $opens"
	((rc == 5)) || continue
	stopped=$((stopped + 1))
	has 'Input/output error'
	has 'what to do'
done
((stopped > 0)) || fail 'no open of an object stopped a deposit'
ok as de deposit one --collection box
ok sr scrub
has '; 0 findings'

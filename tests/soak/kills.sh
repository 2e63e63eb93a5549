#!/bin/bash
# 1,000 kills -9 ($ROUNDS) of each act ($ACT: some of tests/faults/story.bash), half at every point where the disk is about to
# change, half at random moments. A day on two cores.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.bash source=../faults/story.bash source=../faults/kills.bash disable=SC2034
. "$(dirname "$0")/../cli/lib.bash"
. "$HERE/../faults/story.bash"
ROUNDS=${ROUNDS:-1000}
. "$HERE/../faults/kills.bash"
story killed
((KILLED * 3 > KILL_ROUNDS)) || fail 'most rounds ended before they were killed'
echo "$KILLED kills in $KILL_ROUNDS rounds, of $((1000 * $(wc -w <<<"$STEPS"))) for every act"
echo "$KILL_ROUNDS passed, 0 failed" # the first that fails ends it

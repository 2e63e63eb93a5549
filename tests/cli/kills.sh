#!/bin/bash
# kill -9 in the course of every act of a vault's life, 50 times and more: at points where the disk changes and at random.
# shellcheck source-path=SCRIPTDIR source=lib.bash source=../faults/story.bash source=../faults/kills.bash disable=SC2034
. "$(dirname "$0")/lib.bash"
. "$HERE/../faults/story.bash"
ROUNDS=2
ALSO= # one person's memory here, two in tests/soak/kills.sh
. "$HERE/../faults/kills.bash"
story killed
echo "$KILLED kills in $KILL_ROUNDS rounds"
((KILL_ROUNDS >= 50)) || fail "only $KILL_ROUNDS rounds"
((KILLED * 3 > KILL_ROUNDS)) || fail 'most rounds ended before they were killed'

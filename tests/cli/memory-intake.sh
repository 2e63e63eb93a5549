#!/bin/bash
# Intake that cannot go on because no sandbox starts any more leaves nothing of the item in core's memory, where it waits for
# hours, and tries again.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

(($(id -u) == 0)) || skip 'only root may read the memory of core, which is not dumpable'
! sanitized || skip 'the memory scan needs a program without a sanitizer'
sandboxed
founded
seq -f 'numbat-%06.0f log' 60000 >three
unset STRONGROOM_INTAKE
core
dd if="/proc/$CORE_PID/mem" bs=1 count=1 iflag=skip_bytes skip=$((16#$(sed "s/-.*//;q" "/proc/$CORE_PID/maps"))) 2>/dev/null |
	grep -q . || skip 'reading the memory of another process is refused here'
launcher=$(pgrep -P "$CORE_PID") || fail 'core has no launcher of sandboxes'
kill -KILL "$launcher"
ok as de deposit three --collection box
for _ in $(seq 200); do
	as cu1 intake list >out 2>err
	! grep -q 'the launcher of sandboxed children is gone' out || break
	sleep 0.05
done
has 'the launcher of sandboxed children is gone: start again'
same "$(lines_with numbat-)" 0 'lines of the item in the memory of core'
core_stop

#!/bin/bash
# While one item of a grant is open, the memory of core holds nothing of another; after the return it holds nothing.
#
# Both items are in the same request and granted by the same votes. The scan reads every mapping of core, guard pages and
# locked memory too, as root (core itself allows no dump and no tracing: PR_SET_DUMPABLE 0). Finding the open item's text
# is the control that the scan sees what is there.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

(($(id -u) == 0)) || skip 'only root may read the memory of core, which is not dumpable'
! sanitized || skip 'the memory scan needs a program without a sanitizer'

none() {
	same "$(lines_with "$1")" 0 "lines of $1 in the memory of core, $2"
}

founded
seq -f 'wombat-%06.0f burrow' 60000 >one
seq -f 'possum-%06.0f hollow' 60000 >two
released one
first=$ITEM
released two
second=$ITEM
core
granted "$first" "$second"
dd if="/proc/$CORE_PID/mem" bs=1 count=1 iflag=skip_bytes skip=$((16#$(sed "s/-.*//;q" "/proc/$CORE_PID/maps"))) 2>/dev/null |
	grep -q . || skip 'reading the memory of another process is refused here'

checked_out "$first"
none possum- 'item 1 is checked out'
ok as ri cat "$CHECKOUT"
cmp -s out one || fail 'not the file'
(($(lines_with wombat-) > 0)) || fail 'the open item is not found: the scan sees nothing'
none possum- 'item 1 was shown'
ok as ri return "$CHECKOUT"
none wombat- 'item 1 was returned'
none possum- 'item 1 was returned'

# The same from the other side, and an end that the researcher did not choose.
checked_out "$second"
ok as ri cat "$CHECKOUT"
(($(lines_with possum-) > 0)) || fail 'the open item is not found'
none wombat- 'item 2 was shown'
ok as m3 suspend "$GRANT" --reason 'a question'
none possum- 'the grant was suspended'
none wombat- 'the grant was suspended'
grep -q '^Max core file size *0 ' "/proc/$CORE_PID/limits" || fail 'core would leave a core dump'
core_stop

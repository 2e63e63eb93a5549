#!/bin/bash
# Every bit of the small files of a vault, every length that they may be cut to, and each 64th byte of the large ones:
# found, and named (tests/unit/test_core_flips.c, which says how, and takes some places of each in `make check`). The smallest
# file comes first. FLIPS_S: for so many seconds (default: to the end, ten minutes of a core that has nothing else to do);
# FLIPS_OF: only files with this in their path. Says how many of all places it tried.
set -euo pipefail
out=$(mktemp)
trap 'rm -f "$out"' EXIT
rc=0
CMOCKA_MESSAGE_OUTPUT=TAP FLIPS=0 "${B:-build}/t/test_core_flips" >"$out" 2>&1 || rc=$?
cat "$out"
sed -n 's/^.*\(ran [0-9]* of [0-9]* places.*\)$/\1/p; s/^\(.*[^0-9]\)\?\([0-9]\+\) places passed, \([0-9]* failed\)$/\2 passed, \3/p' "$out"
exit "$rc"

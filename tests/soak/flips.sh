#!/bin/bash
# Every bit of the small files of a vault, every length that they may be cut to, and each 64th byte of the large ones:
# found, and named (tests/unit/test_core_flips.c, which says how, and takes some places of each in `make check`).
set -euo pipefail
CMOCKA_MESSAGE_OUTPUT=TAP FLIPS=0 "${B:-build}/t/test_core_flips"

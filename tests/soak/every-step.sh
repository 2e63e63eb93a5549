#!/bin/bash
# A kill at every single step, and each pair of operations, where make check takes every third or fewer.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
T=$(dirname "$STRONGROOM_T")
export SR_EVERY_STEP=1 STRIDE=1 KILL_STRIDE=1
for t in store_vfs store_secrets intake_deposit store_collect; do "$T/test_$t"; done
"$T/test_board_collect"
"$T/test_core_client_rekey"
"$T/test_core_adversary"
"$T/test_crypto_reshare"
for s in demo kill-intake kill-redact kill-destroy kill-reseal service-rotate fail-adopt; do
	echo "== $s"
	bash "$here/../cli/$s.sh"
done

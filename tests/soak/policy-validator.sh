#!/bin/bash
# The schema and the default policies as Cedar's own validator sees them, and a hundred mistakes in them, which it and
# `policy lint` judge alike. The validator is an npm package, which only `make cedar-validate` or `cedar-differential` fetch.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.bash
. "$(dirname "$0")/../cli/lib.bash"

: "${STRONGROOM:?the program}"
B=$(dirname "$STRONGROOM")
command -v node >/dev/null || skip 'the validator of Cedar needs node'
[[ -d $B/npm/node_modules/@cedar-policy/cedar-wasm ]] ||
	skip "the validator of Cedar is not in $B/npm: make cedar-validate puts it there"
seed=$RANDOM
echo "seed $seed"
B=$B PROGRAM=$STRONGROOM_T bash "$HERE/../conformance/validate" "$seed" 100 >out || fail "$(cat out)"
has 'the default policies are valid'
has '0 judged otherwise'

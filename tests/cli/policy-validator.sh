#!/bin/bash
# The schema and the default policies hold before Cedar's own validator, and it judges mistakes in them as lint does.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

command -v node >/dev/null || skip 'there is no node'
[[ -d $B/npm/node_modules/@cedar-policy/cedar-wasm ]] ||
	skip "the npm package @cedar-policy/cedar-wasm is not in $B/npm: make cedar-validate installs it"
ok env B="$B" PROGRAM="$STRONGROOM_T" "$SR_SOURCE/tests/conformance/validate" 1 500
has 'the default policies are valid'
has ': 0 judged otherwise'

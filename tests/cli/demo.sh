#!/bin/bash
# `make demo`, the first command that anybody is told, ends well: where the sandbox and its tools are, and where nothing can be
# read but text.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

command -v age >/dev/null || skip 'age is not installed'
command -v mandoc >/dev/null || skip 'mandoc is not installed'
unset STRONGROOM_INTAKE
demo() { TMPDIR=$W PATH=$1:$PATH bash "$SR_SOURCE/scripts/demo"; }

# With the tools, where there are any; without them, in tests/soak/every-step.sh too.
if sr doctor >out 2>err && [[ -x /usr/bin/pdftotext ]]; then
	mkdir beside
	ln -s "$STRONGROOM_T" beside/strongroom
	ok demo "$W/beside"
	has 'a page of a PDF read as text'
	has '^    [|] --- page 1 ---'
	has 'every signature checked'
	[[ -n ${SR_EVERY_STEP:-} ]] || exit 0
fi
# A copy that has no parser beside it has no sandbox.
mkdir alone
cp "$STRONGROOM_T" alone/strongroom
ok demo "$W/alone"
has 'a PDF refused with its reason'
has 'binary data|not shown|no text'
has 'every signature checked'

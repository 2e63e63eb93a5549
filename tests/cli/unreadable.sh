#!/bin/bash
# What cannot be read is told and recorded with its reason; the rest is deposited.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
mkdir tree
echo good >tree/good
if (($(id -u) != 0)); then
	echo closed >tree/closed && chmod 000 tree/closed
	mkdir tree/shut && echo x >tree/shut/x && chmod 000 tree/shut
	ok as de deposit tree --collection box
	has 'unreadable: tree/closed: .*[Pp]ermission'
	has 'unreadable: tree/shut: .*[Pp]ermission'
	has '2 could not be read'
fi
# A regular file that opens and fails while it is read, for every user.
ok as de deposit tree/good /proc/self/mem --collection box --json
same "$(json unreadable)" 1
same "$(json files)" 2
same "$(json told.0.path)" mem
ITEM=$(json item.0)
ok as cu1 show "$ITEM"
has 'unreadable'
has 'good'

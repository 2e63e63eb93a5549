#!/bin/bash
# Links, pipes, sockets, devices and empty folders are recorded as what they are, and never followed.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
mkdir -p tree/empty tree/real
echo secret >outside
echo inside >tree/real/f
: >tree/nothing
ln -s ../outside tree/link
ln -s real tree/folder-link
ln -s nowhere tree/dangling
mkfifo tree/pipe
ok timeout 20 "$STRONGROOM_T" deposit tree --collection box --as de.id --passphrase-file pass --json
same "$(json files)" 7
for what in 'empty folder' 'named pipe' '../outside' real nowhere; do
	jq -e --arg w "$what" '[.told[].reason] | index($w) != null' out >/dev/null || fail "nothing told about $what"
done
ITEM=$(json item.0)
same "$(json bytes)" 7 'the link was not followed'
ok as cu1 show "$ITEM"
has 'symlink|symbolic'
ok as cu1 describe "$ITEM" --title t
ok as cu2 release "$ITEM"
granted "$ITEM"
checked_out "$ITEM"
ok as ri cat "$CHECKOUT" tree/real/f
same "$OUT" inside
ok as ri cat "$CHECKOUT" tree/nothing
same "$OUT" ''
refused 1 'link|no text|not a regular' as ri cat "$CHECKOUT" tree/link
refused 1 'no file' as ri cat "$CHECKOUT" outside
ok as de deposit outside --each file --collection box
refused 1 'nothing is there' as de deposit gone --collection box

#!/bin/bash
# An item of more files than one answer has: all of them are listed, and the last is read by its number and by its name.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
mkdir many
for ((i = 0; i < 2001; i++)); do echo "$i" >"many/$(printf '%04d' "$i")"; done
released many
granted "$ITEM"
core
ok as ri checkout "$ITEM"
has 'and 1001 more: strongroom cat [0-9a-f]{12} --list'
CHECKOUT=$(sed -n 's/^checkout \([0-9a-f]*\) is open.*/\1/p' out)
ok as ri cat "$CHECKOUT" --list
same "$(wc -l <out)" 2002
has '^2000 +5 .* many/2000$'
ok as ri cat "$CHECKOUT" --json
same "$(jq -r 'length, .[1000].path, .[2000].path' out | tr '\n' ' ')" '2001 many/1000 many/2000 '
ok as ri cat "$CHECKOUT" 2000
same "$OUT" 2000
ok as ri cat "$CHECKOUT" many/1999
same "$OUT" 1999
refused 2 'the item has 2001 files' as ri cat "$CHECKOUT"

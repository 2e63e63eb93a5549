#!/bin/bash
# Names that look the same and are other bytes (an accent of its own, or one with its letter) stay as they came. Who types one
# means what it looks like, where that is one thing; of two, each has a number or an id, and no name is taken for either.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
mkdir paper
echo one >"paper/$(printf 'Ren\u00e9.txt')"
echo two >"paper/$(printf 'Rene\u0301.txt')"
echo three >"paper/$(printf 'Cafe\u0301.txt')"
released paper
granted "$ITEM"
checked_out "$ITEM"
ok as ri cat "$CHECKOUT" "$(printf 'paper/Caf\u00e9.txt')"
same "$OUT" three
for name in 'Ren\u00e9.txt' 'Rene\u0301.txt'; do
	# shellcheck disable=SC2059
	name=paper/$(printf "$name")
	refused 2 '2 files have names that look like' as ri cat "$CHECKOUT" "$name"
	has 'number'
done
refused 1 'has no file' as ri cat "$CHECKOUT" paper/Rene.txt
ok as cu1 show "$ITEM" --json
same "$(jq -r '[.file[].path] | unique | length' out)" 3 'kept as they came'
for n in 0 1 2; do as ri cat "$CHECKOUT" "$n"; done >all
same "$(sort all | tr '\n' ' ')" 'one three two '

collection "$(printf 'Caf\u00e9')"
as cu1 collection list --json >c.json
first=$(jq -r '.[] | select(.name | startswith("Caf")) | .id' c.json)
ok as de deposit "paper/$(printf 'Cafe\u0301.txt')" --collection "$(printf 'Cafe\u0301')"
collection "$(printf 'Cafe\u0301')"
refused 2 '2 collections have that name; give the id' as de deposit paper --collection "$(printf 'Cafe\u0301')"
ok as de deposit paper --collection "$first"

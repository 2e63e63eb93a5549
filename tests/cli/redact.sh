#!/bin/bash
# A redacted version is an item of its own: files left out, gaps marked, hazards of its parent, released by another curator.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
printf 'Dear Frau Öhm, the strike begins on Monday.\n' >letter
printf 'a list of names\n' >names
head -c 5000 /dev/zero >blob
deposit letter names blob
parent=$ITEM
ok as cu1 describe "$parent" --title 'A letter' --hazard hate
checked() { as "$1" checkout "$2" --right quarantine --json >"$W/k.json" 2>"$W/err" || fail "checkout $*"; CHECKOUT=$(json checkout "$W/k.json"); }
checked cu1 "$parent"
R=(--reason 'names of the living')
refused 2 'reason is missing' as cu1 redact "$CHECKOUT" --leave-out 1
refused 2 'say what to leave out' as cu1 redact "$CHECKOUT" "${R[@]}"
refused 2 'want FILE:FROM-TO' as cu1 redact "$CHECKOUT" --gap 0:9-5 "${R[@]}"
refused 2 'no file 7: the item has 3' as cu1 redact "$CHECKOUT" --leave-out 7 "${R[@]}"
refused 2 'every file is left out' as cu1 redact "$CHECKOUT" --leave-out 0,1,2 "${R[@]}"
refused 2 'is left out and has gaps' as cu1 redact "$CHECKOUT" --leave-out 0 --gap 0:5-9 "${R[@]}"
refused 2 'has 45 bytes of content' as cu1 redact "$CHECKOUT" --gap 0:5-99 "${R[@]}"
refused 2 'byte 11 is inside of a character' as cu1 redact "$CHECKOUT" --gap 0:5-11 "${R[@]}"
refused 1 'is no text' as cu1 redact "$CHECKOUT" --gap 2:0-10 "${R[@]}"
refused 3 'overlap' as cu1 redact "$CHECKOUT" --gap 0:0-4 --gap 0:3-9 "${R[@]}"
refused 1 'no live checkout' as cu2 redact "$CHECKOUT" --leave-out 1 "${R[@]}"
refused 1 'role|curator|no live checkout' as ri redact "$CHECKOUT" --leave-out 1 "${R[@]}"
ok sr status
has 'items .*0 released, 1 held'

# One file left out, two gaps.
ok as cu1 redact "$CHECKOUT" --leave-out 1 --gap 0:5-14 --gap 0:37-43 --keep-names "${R[@]}" --json
new=$(json item)
[[ $new != "$parent" ]] || fail 'it is the parent'
ok as cu1 return "$CHECKOUT"
ok as cu1 show "$new"
has 'hate'
has "redacted from .*${parent:0:12}"
has letter
hasnt names
ok as au log --type redact
has "parent ${parent:0:12}"
refused 1 'rule own-deposit' as cu1 release "$new"
checked cu2 "$new"
ok as cu2 cat "$CHECKOUT" 0
same "$OUT" 'Dear [redacted: 9 bytes], the strike begins on [redacted: 6 bytes].'
ok as cu2 return "$CHECKOUT"
ok as cu2 describe "$new" --title 'A letter, without the name'
ok as cu2 release "$new"
# It has its own key: released and granted, it is read; the parent stays held, with everything.
granted "$new"
checked_out "$new"
ok as ri cat "$CHECKOUT" 0
same "$OUT" 'Dear [redacted: 9 bytes], the strike begins on [redacted: 6 bytes].'
ok as ri cat "$CHECKOUT" --list
hasnt names
checked cu1 "$parent"
ok as cu1 cat "$CHECKOUT" 0
same "$OUT" 'Dear Frau Öhm, the strike begins on Monday.'
# What has the same bytes as a file that is taken out of says it still.
ok as cu1 return "$CHECKOUT"
cp letter again
: >nothing
: >too
deposit letter again names nothing too
checked cu1 "$ITEM"
refused 2 'file 0 has the same bytes as file 1, which is left out: do the same with it, or say that it stays .--keep 0' \
	as cu1 redact "$CHECKOUT" --leave-out 1 "${R[@]}"
refused 2 'file 1 has the same bytes as file 0, which has gaps' as cu1 redact "$CHECKOUT" --gap 0:5-14 "${R[@]}"
ok as cu1 redact "$CHECKOUT" --leave-out 3 --gap 0:5-14 --gap 1:37-43 "${R[@]}"
ok as cu1 redact "$CHECKOUT" --leave-out 1 --keep 0 "${R[@]}" --json
ok as cu1 show "$(json item)" --json
same "$(jq '.file | length' out)" 4
ok as cu1 return "$CHECKOUT"
checked cu1 "$parent"
# A version of a version; and what comes from another checkout is refused.
ok as cu1 redact "$CHECKOUT" --leave-out 0 "${R[@]}"
ok sr verify
ok sr rebuild
has 'equal to the one before'
ok sr scrub
has '; 0 findings'
# Through core, too; what was made and not signed for is gone with the connection.
core
ok as cu1 redact "$CHECKOUT" --gap 1:0-6 "${R[@]}" --json
third=$(json item)
ok as cu1 return "$CHECKOUT"
refused 1 'no live checkout' as cu1 redact "$CHECKOUT" --leave-out 1 "${R[@]}"
checked cu2 "$third"
ok as cu2 cat "$CHECKOUT" 1
same "$OUT" '[redacted: 6 bytes] of names'
core_stop

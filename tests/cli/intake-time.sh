#!/bin/bash
# No item keeps intake busy for longer than it may: what was not done by then is on the record, the others' turn comes, and a
# curator gives it more time. What comes of it in pieces is what comes of it at once.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

sandboxed
founded
mkdir box
python3 - <<'END'
import zipfile
with zipfile.ZipFile('box/a.zip', 'w') as z:
    z.writestr('in.html', '<!DOCTYPE html><p>from within')
END
echo '<!DOCTYPE html><p>beside it' >box/b.html
deposit box
WHOLE=$ITEM
ok sr intake run
refused 1 'does not wait for time' as cu1 intake again "$WHOLE"
# Of this one each step has no time at all: at least one file is done whenever somebody asks.
echo 'limit item-seconds 0' >scanners.txt
ok sr intake scanners scanners.txt
deposit box
SLOW=$ITEM
echo plain >other.txt
deposit other.txt
OTHER=$ITEM
ok sr intake run
has '2 items are not looked through yet: .* its time is used up .limit item-seconds.*intake again'
steps() {
	ok as cu1 intake show "$1" --json --limit 500
	jq -r '.step[] | select(.step != "about") | .step + ":" + .result' out | tr '\n' ' '
}
# The other one got as far as its time goes, though this one was not over.
same "$(steps "$OTHER")" 'inspect:done text:unfinished '
same "$(steps "$SLOW")" 'inspect:unfinished '
same "$(jq -r .waits out | grep -c 'its time is used up')" 1
same "$(jq -r '.fact[] | select(.key == "rest") | "\(.file) \(.value)"' out)" \
	"1 files 1 to 1 wait: the item's time is used up (item-seconds)"
refused 1 'is for curator' as de intake again "$SLOW"
ok as cu1 intake again "$SLOW"
same "$(steps "$SLOW")" 'inspect:unfinished inspect:done text:unfinished '
same "$(jq -r '.fact[] | select(.key == "rest") | .value' out)" "files 0 to 2 wait: the item's time is used up (item-seconds)"
ok as cu1 intake again "$SLOW"
same "$(steps "$SLOW")" 'inspect:unfinished inspect:done text:unfinished text:unfinished '
same "$(jq -r '.fact[] | select(.key == "rest") | .value' out)" "files 1 to 2 wait: the item's time is used up (item-seconds)"
# With time enough it ends, and is the same as the one that had it from the beginning.
: >scanners.txt
ok sr intake scanners scanners.txt
ok as cu1 intake again "$SLOW"
# What waits for time may be released as it is.
ok as cu1 describe "$OTHER" --title other
ok as cu2 release "$OTHER"
ok sr intake run
has 'nothing is left to do'
for item in "$WHOLE" "$SLOW"; do
	ok as cu1 intake show "$item" --json --limit 500
	jq '.fact | sort_by(.file, .step, .key)' out >"facts.$item"
	same "$(jq -r '.intake' out)" false
	ok as cu1 show "$item" --json
	jq '.file | sort_by(.path) | [.[] | {path, size, sha256}]' out >"files.$item"
done
diff "facts.$WHOLE" "facts.$SLOW" || fail 'other facts were found'
diff "files.$WHOLE" "files.$SLOW" || fail 'other files came out'
ok sr verify

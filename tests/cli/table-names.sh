#!/bin/bash
# Cells of a table stand two blanks apart: nobody's name has two, so it is never read as the cells beside it.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded 2 2
# named NAME: as somebody of that name is listed.
named() {
	sr identity new odd.id --name "$1" --passphrase-file pass --quiet >/dev/null
	as cu1 person add odd.id.card --role researcher --quiet >o
	ok as cu1 person list --json
	same "$(jq -r --arg p "$(who odd)" '.[] | select(.person == $p) | .name' out)" "$1"
	ok as cu1 person list
	line=$(grep "$(who odd)" out)
	rm odd.id*
}
# is NAME SHOWN
is() {
	named "$1"
	grep -qF "  $2  " <<<"$line  " || fail "'$1' is listed as: $line"
}
is 'Rita R.  curator  yes' 'Rita R. \x20curator \x20yes'
is 'Rita    R.' 'Rita \x20\x20\x20R.'
is $'Rita\u3000R.' 'Rita\u{3000}R.'
is $'Rita\u2003\u2800R.' 'Rita\u{2003}\u{2800}R.'
is $'Rita\u00a0: R.' $'Rita\u00a0: R.'
is $'Rita\u00a0 \u00a0R.' $'Rita\u00a0\\x20\\u{00A0}R.'
# What is shown as nothing does not part two blanks.
is $'Rita \u200d R.' $'Rita \u200d\\x20R.'
# What is behind a name stands in its column, whatever the letters of it are: wide ones, marks that stand on the letter before
# (a Mac writes names so), vowels and consonants that make one Korean letter.
for name in $'\u30ab\u3099\u6f22' $'\u1112\u1161\u11ab\uae00' $'\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9ab' $'\u0e17\u0e35\u0e48\u0e19ab'; do
	ok sr identity card m1.id --name "$name" --out odd.card --passphrase-file pass
	ok as cu1 person set odd.card
	rm odd.card
	ok as m1 board show
	width=4
	[[ $name != *$'\u05e9'* ]] || width=5
	grep -qE "  $name {$((10 - width + 2))}[0-9a-f]{8} " out || fail "'$name' is not $width columns wide"
done

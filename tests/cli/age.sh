#!/bin/bash
# What the stock program sealed to the vault's recipient is opened while it is deposited, beside itself; what does not open to
# its end is kept, and says why.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

command -v age >/dev/null || skip 'no age program here'
founded
ok as de intake recipient
RECIPIENT=$OUT
[[ $RECIPIENT = age1* ]] || fail "no recipient: $RECIPIENT"
same "$(as m1 intake recipient --json | jq -r .recipient)" "$RECIPIENT" 'everybody sees the same'

mkdir -p box/in
printf 'Dear board\n' >letter
head -c 3000000 /dev/urandom >large
age -r "$RECIPIENT" -o box/letter.txt.age letter
age -a -r "$RECIPIENT" -o box/in/armored.txt.age letter
age -r "$RECIPIENT" -o box/large.bin.age large
: | age -r "$RECIPIENT" -o box/empty.age
age-keygen -o other.key 2>/dev/null
age -r "$(age-keygen -y other.key)" -o box/stranger.age letter
head -c 2000000 box/large.bin.age >box/cut.age
(cat box/letter.txt.age && echo more) >box/longer.age
printf 'secret\n' >box/plain.age
printf 'a name\n' >box/.age
ln -s letter.txt.age box/link.age

ok as de deposit box --age --collection box --json
ITEM=$(json item.0)
same "$(json opened)" 4
same "$(json unreadable)" 4
told() { jq -r --arg p "$1" '.told[] | select(.path == $p and .status == "unreadable") | .reason' out; }
told box/stranger | grep -q 'is for this key' || fail "stranger: $(told box/stranger)"
told box/cut | grep -qE 'tag does not verify|is cut' || fail "cut: $(told box/cut)"
told box/longer | grep -qE 'follow|tag does not verify' || fail "longer: $(told box/longer)"
told box/plain | grep -q 'not an age file' || fail "plain: $(told box/plain)"
# 4 + 4 beside 9 as they are, and the link.
same "$(json files)" 18
bytes=$(find box -type f -printf '%s\n' | awk '{ n += $1 } END { print n }')
same "$(json bytes)" $((bytes + 2 * 11 + 3000000))

ok as cu1 describe "$ITEM" --title 'a box'
ok as cu2 release "$ITEM"
granted "$ITEM"
checked_out "$ITEM"
ok as ri cat "$CHECKOUT" box/letter.txt
same "$OUT" 'Dear board'
ok as ri cat "$CHECKOUT" box/in/armored.txt
same "$OUT" 'Dear board'
ok as ri cat "$CHECKOUT" box/empty
same "$OUT" ''
refused 1 . as ri cat "$CHECKOUT" box/stranger
ok as ri return "$CHECKOUT"

# The content that was stored is the content that was sealed: its SHA-256 is in the list.
ok as cu1 show "$ITEM" --json
grep -q "$(sha256sum <large | cut -d' ' -f1)" out || fail 'another SHA-256'
grep -q "$(sha256sum <box/large.bin.age | cut -d' ' -f1)" out || fail 'the age file itself is not there'

# Without --age it is a file like others; and over the socket it is the same.
ok as de deposit box/letter.txt.age --collection box --json
same "$(json files)" 1
core
ok as de deposit box/letter.txt.age --age --each file --collection box --json
same "$(json opened) $(json files)" '1 2'
ok as de deposit box --age --collection box
has '4 age files were opened by the vault'
core_stop
refused 2 'no --age' as de deposit --bag box --age --collection box
ok sr verify
ok sr scrub
has '0 findings'

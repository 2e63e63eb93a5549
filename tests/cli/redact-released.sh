#!/bin/bash
# A released item is redacted by a curator with the board's leave: votes open it for that one work, the version is held, and
# nothing of it says what the whole one is called.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
mkdir ada-lovelace
printf 'Dear Ada, it begins.\n' >ada-lovelace/to-ada.txt
printf 'a list of names\n' >ada-lovelace/names
ln -s /home/ada/elsewhere ada-lovelace/link
deposit ada-lovelace
whole=$ITEM
ok as cu1 describe "$whole" --title 'Ada and the strike'
ok as cu2 release "$whole"
granted "$whole"
ok as cu1 show "$whole" --json
sha=$(jq -r '.file[] | select(.path | endswith("to-ada.txt")) | .sha256' out)
# Whoever has a version of it, and guesses what is left out, is not told that the guess is right.
ok as ri show "$ITEM" --json
same "$(jq '[.file[] | select(.sha256 != null)] | length' out)" 0
((0 < $(jq '.file | length' out))) || fail 'no files'
ok as de show "$ITEM" --json
same "$(jq '[.file[] | select(.sha256 == null and .kind == "regular")] | length' out)" 0
[[ ${#sha} = 64 ]] || fail "no hash of the letter: $sha"

# Who asks, and for what.
refused 2 'reason is missing' as cu1 request redact "$whole"
refused 1 'role-missing.*a curator asks' as ri request redact "$whole" --reason 'a witness lives'
refused 1 'role-missing.*a curator asks' as m1 request redact "$whole" --reason 'a witness lives'
refused 1 'reseal-soon' as cu1 request redact "$whole" --reason 'a witness lives' --ends 40d
ok as cu1 request redact "$whole" --reason 'a witness lives' --json
asked=$(json request)
ok as m1 vote "$asked" approve
refused 1 'no-such-grant|which grant|no live grant' as cu1 checkout "$whole" --right redact
ok as m2 vote "$asked" approve
ok as cu1 grants --request "$asked" --json
leave=$(json 0.id)
same "$(json 0.right)" redact

# The curator who asked, and nobody else; for redacting, and for nothing else.
refused 1 'not-named|no live grant' as cu2 checkout "$whole" --right redact --grant "$leave"
refused 1 'right-not-granted' as cu1 checkout "$whole" --right access --grant "$leave"
refused 1 'form-not-granted' as cu1 checkout "$whole" --right redact --grant "$leave" --form colour
checked_out "$whole" --grant "$GRANT"
refused 1 'role|curator' as ri redact "$CHECKOUT" --leave-out 1 --reason x
ok as ri return "$CHECKOUT"
ok as cu1 checkout "$whole" --right redact --grant "$leave" --json
CHECKOUT=$(json checkout)
ok as cu1 cat "$CHECKOUT" --list
letter=$(awk '/to-ada/ { print $1 }' out)
names=$(awk '/names/ { print $1 }' out)
ok as cu1 cat "$CHECKOUT" "$letter"
same "$OUT" 'Dear Ada, it begins.'
refused 1 'export' as cu1 export "$leave" "$whole" --out x.age
ok as cu1 redact "$CHECKOUT" --leave-out "$names" --gap "$letter:5-8" --reason 'a witness lives' --json
new=$(json item)
ok as cu1 return "$CHECKOUT"

# A version of its own: held, with the hazards of the whole one, released by another curator.
ok as cu1 show "$new" --json
same "$(json state)" held
ok as au log --type redact
has "parent ${whole:0:12}"
refused 1 'not-described|no title' as cu2 release "$new"
has 'describe ITEM --title TEXT'
ok as cu2 describe "$new" --title 'A letter'
refused 1 'rule own-deposit' as cu1 release "$new"
ok as cu2 release "$new"
# What readers see of it: not what the whole one is called, where it lay, or the hash of its letter.
granted "$new"
for view in "show $new" "show $new --json" "request show $REQUEST --json"; do
	# shellcheck disable=SC2086
	ok as ri $view
	hasnt 'ada-lovelace|to-ada|home/ada|Ada and|strike|elsewhere|names'
	hasnt "$sha"
	hasnt "${whole:0:12}"
done
checked_out "$new"
ok as ri cat "$CHECKOUT" --list
hasnt 'ada-lovelace|to-ada|home/ada|names|elsewhere'
has '\.txt'
at=$(awk '/\.txt/ { print $1 }' out)
ok as ri cat "$CHECKOUT" "$at"
same "$OUT" 'Dear [redacted: 3 bytes], it begins.'
ok as ri return "$CHECKOUT"
# The whole one is as it was, under its own grant.
ok as ri show "$whole"
has released
# Once its leave is over, or the item is frozen, nothing more.
ok as m3 suspend "$leave" --reason 'enough'
refused 1 'suspended' as cu1 checkout "$whole" --right redact --grant "$leave"
ok sr verify
ok sr rebuild
has 'equal to the one before'
ok sr scrub
has '; 0 findings'

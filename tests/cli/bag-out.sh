#!/bin/bash
# An export as a bag: valid to a reader that was written from the RFC, to sha512sum and to ourselves; with what the log says;
# a bag that came in comes back as it was.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

command -v age >/dev/null || skip 'no age to open an export'
command -v python3 >/dev/null || skip 'no python3 to read bags with'
READER=$SR_SOURCE/tests/cli/bag_reader.py

founded
# Names that a manifest must encode, that are no UTF-8, that leave the folder, and what has no content.
mkdir -p odd/sub
printf 'one' >odd/plain.txt
printf 'two' >$'odd/line\nbreak\rhere.txt'
printf 'three' >'odd/100%.txt'
printf 'four' >'odd/100%25.txt'
printf 'five' >$'odd/caf\xe9.txt'
printf 'not five' >'odd/caf%E9.txt'
printf 'a file' >$'odd/\xe9'
mkdir 'odd/%E9'
printf 'in a folder' >'odd/%E9/in'
printf 'six' >'odd/sub/~tilde  two blanks.txt'
printf 'seven' >odd/sub/ünïcode.txt
: >odd/sub/empty
ln -s plain.txt odd/link
head -c 1500000 /dev/urandom >odd/large
released odd
odd=$ITEM
# More than one piece of a manifest; and nothing at all.
mkdir many empty
for ((i = 0; i < 1000; i++)); do printf '%d' "$i" >"many/$(printf '%0150d' "$i")"; done
ln -s nowhere empty/link
released many
many=$ITEM
released empty
empty=$ITEM
# Names that each take the place to which the one before them would move.
mkdir rivals
name=%E9
for ((i = 0; i < 66; i++)); do
	printf '%d' "$i" >"rivals/$name"
	name+='~66'
done
printf 'moves on' >$'rivals/\xe9'
released rivals
rivals=$ITEM
ok as cu1 describe "$odd" --title $'A box\nof odd things' --hazard hate@odd/large --quiet

# A bag, with a manifest of its own kind and a tag file of its own.
mkdir -p box1/data/letters
printf 'Dear all\n' >box1/data/letters/1.txt
printf 'BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n' >box1/bagit.txt
printf 'Source-Organization: Somewhere\nPayload-Oxum: 9.1\n' >box1/bag-info.txt
printf 'signed by hand\n' >box1/letter-of-deposit.txt
(cd box1 && md5sum data/letters/1.txt >manifest-md5.txt && sha1sum bagit.txt bag-info.txt manifest-md5.txt >tagmanifest-sha1.txt)
ok as de deposit --bag box1 --collection box --json
came=$(json item.0)
ok as cu1 describe "$came" --title 'box one' --quiet
ok as cu2 release "$came"

ok sr identity age ri.id --secret-to ri.age --passphrase-file pass
ok as ri request export "$odd" "$came" "$many" "$empty" --to ri.id.card --purpose research --ends 9d --reason r --json
REQUEST=$(json request)
ok as m1 vote "$REQUEST" approve
ok as m2 vote "$REQUEST" approve
ok as ri grants --json
GRANT=$(json 0.id)

unbag() { # ITEM FILE: the bag's folder in BAG
	rm -rf back
	mkdir back
	age -d -i ri.age "$2" | tar -C back -xf - || fail 'the age file holds no tar'
	same "$(ls back)" "$1" 'one folder, named by the item'
	BAG=back/$1
	ok python3 "$READER" "$BAG"
	has '^valid$'
	(cd "$BAG" && sha512sum --quiet -c tagmanifest-sha512.txt && sha256sum --quiet -c tagmanifest-sha256.txt) ||
		fail 'the tag files are others'
}
info() { python3 "$READER" "$BAG" "$1"; }

ok as ri export "$GRANT" "$odd" --out odd.age --bag
unbag "$odd" odd.age
(cd odd && find . -type f -not -name $'*\xe9*' -print0 | sort -z) >want
(cd "$BAG/data/odd" && find . -type f -not -name '*~[0-9]*' -print0 | sort -z) >have
cmp want have || fail 'the names are others'
while IFS= read -r -d '' name; do
	cmp "odd/$name" "$BAG/data/odd/$name" || fail "$name is another"
done <want
same "$(cat "$BAG"/data/odd/caf%E9.txt~*)" five
same "$(cat "$BAG"/data/odd/%E9~*)" 'a file'
grep -q 'data/odd/100%25.txt$' "$BAG/manifest-sha256.txt" || fail '% is not encoded'
grep -q 'data/odd/100%2525.txt$' "$BAG/manifest-sha256.txt" || fail '%25 is not encoded'
grep -q 'data/odd/line%0Abreak%0Dhere.txt$' "$BAG/manifest-sha512.txt" || fail 'the line break is not encoded'
grep -qE '^data/odd/caf%25E9.txt~[0-9]+ was odd/caf.xe9.txt$' "$BAG/renamed.txt" || fail 'the name is not told'
same "$(wc -l <"$BAG/renamed.txt")" 2
same "$(cat "$BAG/not-exported.txt")" 'odd/link: symbolic link to plain.txt'
same "$(info External-Identifier)" "$odd"
same "$(info External-Description)" 'A box\nof odd things'
same "$(info Strongroom-Grant)" "$GRANT"
same "$(info Strongroom-Request)" "$REQUEST"
same "$(info Strongroom-Exported-By)" "$(who ri)"
same "$(info Strongroom-Hazards)" hate 'of a part, which is in it'
same "$(info Strongroom-Depositor)" '' # which the vault does not tell a researcher either
ok as au checkouts --all --json
info Internal-Sender-Identifier | grep -qFf - "$W/out" || fail 'the checkout is not known'
# What we give out we take in.
ok as de deposit --bag "$BAG" --collection box --json
same "$(json bag.version)" 1.0

ok as ri export "$GRANT" "$came" --out came.age --bag
unbag "$came" came.age
diff -r box1 "$BAG/data/box1" || fail 'the bag did not come back as it was'
[[ ! -e $BAG/renamed.txt && ! -e $BAG/not-exported.txt ]] || fail 'nothing was renamed or left out'

ok as ri export "$GRANT" "$many" --out many.age --bag
unbag "$many" many.age
same "$(wc -l <"$BAG/manifest-sha512.txt")" 1000
diff -r many "$BAG/data/many"
ok as ri export "$GRANT" "$empty" --out empty.age --bag
unbag "$empty" empty.age
same "$(find "$BAG/data" | wc -l)" 1 'the folder data and nothing in it'
same "$(info Payload-Oxum)" 0.0

# Without --bag it is what it was before, and the log has all of them.
ok as ri export "$GRANT" "$came" --out plain.age
rm -rf back && mkdir back
age -d -i ri.age plain.age | tar -C back -xf -
diff -r box1 back/box1
ok as au log --type export --json
same "$(jq length out)" 5

# All of the grant at once: each is a bag of its own, of one group. What is there is left; what may not leave keeps nobody else.
refused 2 'which item' as ri export "$GRANT" --out bags
refused 2 'takes the grant alone' as ri export "$GRANT" "$odd" --all --out bags
ok as ri export "$GRANT" --all --bag --out bags
has 'wrote 4 age files of 4 items into bags'
for item in "$odd" "$came" "$many" "$empty"; do
	unbag "$item" "bags/$item.age"
	info Bag-Group-Identifier >>groups
done
same "$(sort -u groups | wc -l)" 1 'one collection'
rm "bags/$odd.age" "bags/$came.age"
ok as of seal "$came" --reason 'a name in it'
refused 1 '1 of 4 items were not written' as ri export "$GRANT" --all --bag --out bags
has 'item .*rule sealed'
[[ -f bags/$odd.age && ! -e bags/$came.age ]] || fail 'the others were not written'
ok sr verify

ok as ri request export "$rivals" --to ri.id.card --purpose research --ends 9d --reason r --json
REQUEST=$(json request)
ok as m1 vote "$REQUEST" approve
ok as m2 vote "$REQUEST" approve
GRANT=$(as ri grants --json | jq -r --arg r "$REQUEST" '.[] | select(.request == $r) | .id')
ok as ri export "$GRANT" "$rivals" --out rivals.age
refused 5 'names that are one cannot be told apart: export it without --bag' as ri export "$GRANT" "$rivals" --out rival.bag --bag
[[ -s rivals.age && ! -e rival.bag ]] || fail 'half an export is left, or no whole one'

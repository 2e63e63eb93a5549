#!/bin/bash
# A bag is judged before it is deposited: whole with its tag files when valid, not at all when not.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
mkdir -p box1/data/letters
printf 'Dear all\n' >box1/data/letters/1.txt
printf 'not a picture' >box1/data/2.png
printf 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n' >box1/bagit.txt
printf 'Source-Organization: Somewhere\nPayload-Oxum: 22.2\n' >box1/bag-info.txt
(cd box1 && find data -type f -exec sha512sum {} + >manifest-sha512.txt)
(cd box1 && sha512sum bagit.txt bag-info.txt manifest-sha512.txt >tagmanifest-sha512.txt)

ok as de deposit --bag box1 --collection box --json
same "$(json files)" 6
same "$(json bag.version)" 1.0
same "$(jq '.bag.warnings | length' out)" 0
ITEM=$(json item.0)
ok as cu1 show "$ITEM"
has 'tagmanifest-sha512.txt'
ok as cu1 describe "$ITEM" --title 'box one' --quiet
ok as cu2 release "$ITEM"
granted "$ITEM"
checked_out "$ITEM"
ok as ri cat "$CHECKOUT" box1/bag-info.txt
has 'Source-Organization: Somewhere'

# Two options that it does not go with, and what is no bag.
refused 2 'one folder' as de deposit --bag box1 --each file --collection box
refused 2 'one folder' as de deposit --bag box1 box1 --collection box
refused 3 'bagit.txt is not there' as de deposit --bag box1/data --collection box
refused 1 'nothing is there' as de deposit --bag gone --collection box

before=$(as au list --json | jq length)
cp -r box1 box2
printf 'more' >box2/data/more
refused 3 'data/more is there, but no manifest lists it' as de deposit --bag box2 --collection box
rm box2/data/more
printf 'https://example.org/1 9 data/letters/1.txt\n' >box2/fetch.txt
refused 1 'names 1 files elsewhere' as de deposit --bag box2 --collection box
rm box2/fetch.txt
printf 'Dear ALL\n' >box2/data/letters/1.txt
refused 3 'another sha512' as de deposit --bag box2 --collection box
same "$(as au list --json | jq length)" "$before" 'nothing was deposited'

# Warnings are told, and do not refuse.
mkdir -p old/data
printf 'hello\n' >old/data/hello.txt
printf 'BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n' >old/bagit.txt
printf '%s *data/hello.txt\n' "$(md5sum <old/data/hello.txt | cut -d' ' -f1)" >old/manifest-md5.txt
ok as de deposit --bag old --collection box
has 'warning: .*as md5sum writes it'
ok as de deposit --bag old/ --collection box --json
same "$(jq '.bag.warnings | length' out)" 1

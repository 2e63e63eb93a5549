#!/bin/bash
# A table of items: RFC 4180, titles taken at once, the rest signed by a curator.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
mkdir -p in/sub
echo one >in/one.txt
echo two >'in/sub/two, "quoted".txt'
printf '\xef\xbb\xbfpath,title,description,language,hazard,keyword\r\none.txt,First,"A ""quoted""\nline",en,,a;b c\r\n"sub/two, ""quoted"".txt",Second,,ar;fa,hate,\r\n' >in/items.csv
ok as de deposit --rows in/items.csv --collection box --json
ACCESSION=$(json accession)
same "$(json items)" 2
ok as cu1 list --accession "$ACCESSION" --json
same "$(json 0.title)" First
ok as cu1 describe --rows in/items.csv --accession "$ACCESSION"
has 'described 2 of 2'
ok as cu1 list --accession "$ACCESSION" --json
same "$(jq -r '.[0].description' out)" $'A "quoted"\nline'
same "$(jq -c '.[0].keyword' out)" '["a","b c"]'
same "$(jq -c '.[1].language' out)" '["ar","fa"]'
same "$(jq -c '.[1].hazard' out)" '["hate"]'
ok as cu1 deposit --rows in/items.csv --collection box
has 'described 2 items'
bad() {
	printf '%b' "$1" >in/bad.csv
	refused "$2" "$3" as de deposit --rows in/bad.csv --collection box
}
bad 'title\nx\n' 2 'column "path"'
bad 'path,colour\none.txt,red\n' 2 'colour'
bad 'path,path\none.txt,x\n' 2 'twice'
bad 'path\n"one.txt\n' 2 'quote'
bad 'path\none.txt,more\n' 2 'more cells'
bad 'path\n../in/one.txt\n' 2 'leaves the folder'
bad 'path\ngone.txt\n' 1 'row 2.*nothing is there'
bad 'path\n' 2 'no rows'

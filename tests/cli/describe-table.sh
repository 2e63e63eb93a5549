#!/bin/bash
# Descriptions from CSV and JSON Lines: all checked before the first is signed, gone on with, and mistakes named.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
mkdir -p box/sub
for i in 1 2 3; do echo "leaflet $i" >"box/$i.txt"; done
echo four >box/sub/4.txt
as de deposit box --each file --collection box --json >d.json
accession=$(json accession d.json)
mapfile -t ITEMS < <(jq -r '.item[]' d.json)
signed() { as au log --type describe --json | jq length; }

# Nothing of a table with one mistake is signed.
printf 'path,title,date,pages,engagement\nbox/1.txt,One,1994~,4,likes 1 2024-05-01;views 2 2024-05-01\nbox/2.txt,Two,soon,,\n' >bad.csv
before=$(signed)
refused 2 'bad.csv: row 3: date: "soon" is no date' as cu1 describe --rows bad.csv --accession "$accession"
printf 'path,title,pages\nbox/1.txt,One,4\nbox/2.txt,Two,none\n' >bad.csv
refused 2 'row 3: pages: "none": want a number of pages' as cu1 describe --rows bad.csv --accession "$accession"
printf 'path,title\nbox/1.txt,One\nbox/9.txt,Nine\n' >bad.csv
refused 1 'row 3: .*no item that begins with "box/9.txt"' as cu1 describe --rows bad.csv --accession "$accession"
printf 'path,title,colour\nbox/1.txt,One,red\n' >bad.csv
refused 2 'column "colour" is none of path, item, clear, hazard, date' as cu1 describe --rows bad.csv --accession "$accession"
printf 'path,hazard\nbox/1.txt,graphic@7\n' >bad.csv
refused 2 'row 2: .*there is no file 7, the item has 1' as cu1 describe --rows bad.csv --accession "$accession"
printf 'item,title\n%s,One\nffffffff,Two\n' "${ITEMS[0]}" >bad.csv
refused 1 'row 3: ' as cu1 describe --rows bad.csv
printf 'path,title\nbox/1.txt,One\n' >bad.csv
refused 2 'row 2: .*--accession' as cu1 describe --rows bad.csv
refused 2 'none beside it' as cu1 describe --rows bad.csv --accession "$accession" --title x
refused 2 'name one ITEM, or --rows' as cu1 describe "${ITEMS[0]}" --rows bad.csv
for line in 'no json' '[1]' '{"item":"'"${ITEMS[0]}"'","title":7.5}' '{"item":"'"${ITEMS[0]}"'","item":"x"}' '{"title":"x"}' \
	'{"item":"'"${ITEMS[0]}"'","sorrow":"x"}' '{"item":"'"${ITEMS[0]}"'","pages":[1,2]}' '{"item":"'"${ITEMS[0]}"'","pages":1,"clear":"pages"}'; do
	printf '\n%s\n' "$line" >bad.jsonl
	refused 2 'bad.jsonl: .*row 2' as cu1 describe --rows bad.jsonl
done
same "$(signed)" "$before" 'a table with a mistake signs nothing'

# By path, a folder for what is in it; a second time nothing is new.
printf '\xef\xbb\xbfpath,title,date,pages,engagement,keyword\r\nbox/1.txt,One,1994~,4,likes 1 2024-05-01; views 2 2024-05-01,a;b c\r\nbox/sub,Below,,,,\r\nbox/2.txt,Two,,,,\r\n' >good.csv
ok as cu1 describe --rows good.csv --accession "$accession" --dry-run
has '3 rows for 3 items: nothing is wrong with them; 3 say something new'
same "$(signed)" "$before"
ok as cu1 describe --rows good.csv --accession "$accession"
has 'described 3 of 3 items'
same "$(signed)" $((before + 3))
ok as cu1 describe --rows good.csv --accession "$accession"
has 'described 0 of 3 items'
same "$(signed)" $((before + 3)) 'what the vault says already is not signed again'
# A table that broke off: one row is done, the others are not.
sed -i 's/Two/Two, again/; s/Two, again/"Two, again"/' good.csv
ok as cu1 describe --rows good.csv --accession "$accession" --json
same "$(jq -c '[.rows, .items, .described, .already]' out)" '[3,3,1,2]'
ok as cu1 list --accession "$accession" --json
same "$(jq -r '[.[] | .title] | sort | join("|")' out)" 'Below|One|Two, again|box/3.txt'
same "$(jq -c '[.[] | select(.title == "One") | .engagement, .keyword, .pages]' out)" \
	'[["likes 1 2024-05-01","views 2 2024-05-01"],["a","b c"],"4"]'

# JSON Lines: a text may hold what CSV parts values with; null empties.
jq -cn --arg a "${ITEMS[0]}" --arg b "${ITEMS[2]}" '{item: $a, pages: null, provenance: ["1994 A; B", "1995/.. C"], pages: null},
	{item: $b, title: "Three", pages: 12, language: ["ar", "fa"], clear: ["rights"]}' >t.jsonl
ok as cu1 describe --rows t.jsonl
has 'described 2 of 2'
ok as cu1 show "${ITEMS[0]}" --json
same "$(jq -c '[.pages, .provenance]' out)" '[null,["1994 A; B","1995/.. C"]]'
ok as cu1 show "${ITEMS[2]}" --json
same "$(jq -c '[.title, .pages, .language]' out)" '["Three","12",["ar","fa"]]'

# Many: each group of statements is one commit, and a stop in the middle is gone on with.
mkdir many
(cd many && seq 300 | split -l 1 -a 3 -)
as de deposit many --each file --collection box --json >d.json
jq -r '.item[] | "{\"item\":\"\(.)\",\"title\":\"t\",\"outlet\":\"Al-Bustan\",\"pages\":3}"' d.json >many.jsonl
head -n 130 many.jsonl >first.jsonl
ok as cu1 describe --rows first.jsonl
before=$(signed)
ok as cu1 describe --rows many.jsonl --json
same "$(jq -c '[.items, .described, .already]' out)" '[300,170,130]'
same "$(signed)" $((before + 170))
# A statement that the vault refuses is told by its row, and what was signed before it counts.
marked=$(jq -r '.item[250]' d.json)
ok as cu1 describe "$marked" --hazard referral
jq -r '.item[] | "{\"item\":\"\(.)\",\"title\":\"u\",\"hazard\":[\"graphic\"]}"' d.json >hazards.jsonl
before=$(signed)
refused 1 'row 251: describe refused .rule referral.: the item is marked for referral, and no description takes that back' \
	as cu1 describe --rows hazards.jsonl
has 'what to do: [0-9]+ items are described; the same command goes on with the rest'
same "$(grep -oE '[0-9]+ items are described' err | cut -d' ' -f1)" $(($(signed) - before))

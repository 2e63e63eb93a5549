#!/bin/bash
# A description in all its fields: said, corrected, emptied; who sees which; found; the same after a rebuild and a replay.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
deposit <(echo one)
original=$ITEM
deposit <(echo two)
item=$ITEM
for i in "$original" "$item"; do as cu1 describe "$i" --title "An issue" --quiet >/dev/null; done
# shellcheck disable=SC2054 # commas part the values of a list
F=(--outlet 'Al-Bustan' --channel 'Telegram @news' --channel 'web archive' --serial 'The Weekly' --volume XII
	--issue 'No. 5' --date '1994~' --captured 2020-05-01 --language ar,zh-Hant --medium magazine --duration 1:02:03
	--pages 64 --translation-of "${original:0:12}" --translation-quality fair
	--translation-basis 'Dr. K. read it against the Arabic' --part-of "$original"
	--engagement 'likes 120 2024-05-01' --engagement 'views 9000 2024-05-01' --legal-basis archiving,research
	--provenance '1994/1998 M. Weber, Hamburg' --provenance '1998/.. the archive' --rights 'unknown' --hazard hate)
ok as cu1 describe "$item" "${F[@]}" --dry-run
has 'something new'
ok as cu1 show "$item" --json
same "$(jq -r '.outlet // "none"' out)" none 'a dry run signs nothing'
ok as cu1 describe "$item" "${F[@]}" --dry-run --json
same "$(json new)" true
ok as cu1 describe "$item" "${F[@]}"
ok as cu1 describe "$item" "${F[@]}" --dry-run
has 'says so already'
all() { # what a curator sees
	ok as cu1 show "$item" --json
	same "$(jq -c '[.outlet, .channel, .serial, .volume, .issue, .date, .captured, .language, .medium]' out)" \
		'[["Al-Bustan"],["Telegram @news","web archive"],"The Weekly","XII","No. 5","1994~","2020-05-01",["ar","zh-hant"],["magazine"]]'
	same "$(jq -c '[.duration, .pages, .engagement, .provenance, ."legal-basis", ."translation-quality", ."translation-basis"]' out)" \
		'["1:02:03","64",["likes 120 2024-05-01","views 9000 2024-05-01"],["1994/1998 M. Weber, Hamburg","1998/.. the archive"],["archiving","research"],"fair","Dr. K. read it against the Arabic"]'
	same "$(jq -r '."translation-of", ."part-of"[0]' out)" "$original"$'\n'"$original"
}
all
ok as cu1 show "$item"
has 'provenance .*M. Weber'
has 'engagement .*likes 120 2024-05-01'
ok as cu2 release "$item"
# Who held it is for those of the house; an item that one may not know of is not named.
ok as ri show "$item" --json
same "$(jq -c '[.outlet[0], .pages, .provenance, ."translation-of", ."part-of"]' out)" '["Al-Bustan","64",null,null,null]'
hasnt Weber
ok as m1 show "$item"
has Weber
ok as au list --json
hasnt Weber
ok as ri search 'outlet:bustan'
has "${item:0:12}"
ok as ri search '"the weekly"'
has 'serial: '
ok as ri search 'weekly XII medium:magazine'
has "${item:0:12}"
ok as ri search 'Weber'
has 'nothing found'
ok as ri list --hazard hate --language zh-hant --json
same "$(jq length out)" 1

# Bad values are named, by whichever way they come.
refused 2 'date: "1994-13" is no date' as cu1 describe "$item" --date 1994-13
refused 2 'language: .*BCP 47' as cu1 describe "$item" --language 'english language'
refused 2 'pages: "0": want a number of pages' as cu1 describe "$item" --pages 0
refused 2 'medium: "movie": want book' as cu1 describe "$item" --medium movie
refused 2 'when it was held' as cu1 describe "$item" --provenance 'M. Weber'
refused 2 'unknown hazard' as cu1 describe "$item" --hazard dull
refused 2 'no field that can be emptied' as cu1 describe "$item" --clear title
refused 1 'no-basis' as cu1 describe "$item" --translation-quality good
refused 1 'own-part' as cu1 describe "$original" --part-of "$item"
refused 1 'own-part' as cu1 describe "$item" --part-of "$item"
refused 1 'no-companion' as cu1 describe "$item" --companion "$original"
refused 2 'say what it is' as cu1 describe "$item"

# Emptied, replaced, and the same from the log alone.
ok as cu1 describe "$item" --clear issue,provenance,part-of --channel 'web archive'
ok as cu1 show "$item" --json
same "$(jq -c '[.issue, .provenance, ."part-of", .channel, .volume]' out)" '[null,null,null,["web archive"],"XII"]'
ok as cu1 describe "$item" "${F[@]}"
all
ok sr rebuild
has 'equal to the one before'
all
ok sr audit replay
has 'is equal to the replayed one'
ok sr verify

# The redacted companion of a closed item.
echo 'a letter with a name' >letter
deposit letter
parent=$ITEM
as cu1 describe "$parent" --title 'A letter' --quiet >/dev/null
as cu1 checkout "$parent" --right quarantine --json >k.json
ok as cu1 redact "$(json checkout k.json)" --gap 0:16-20 --reason 'the living' --json
version=$(json item)
as cu1 describe "$version" --title 'A letter, redacted' --quiet >/dev/null
ok as cu1 describe "$parent" --companion "$version"
ok as cu1 return "$(json checkout k.json)"
for i in "$parent" "$version"; do as cu2 release "$i" --quiet >/dev/null; done
ok as ri show "$parent" --json
same "$(json companion)" "$version"

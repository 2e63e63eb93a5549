#!/bin/bash
# Search through the command: Arabic with marks, Chinese, diacritics, transliteration, fields, phrases.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
one() { # TITLE TRANSLIT DESCRIPTION LANGUAGE
	echo "$1" >f
	deposit f
	as cu1 describe "$ITEM" --title "$1" ${2:+--translit "$2"} --description "$3" --language "$4" --quiet >/dev/null
	as cu2 release "$ITEM" --quiet >/dev/null
}
one 'مَجَلَّة الثَّوْرَة' 'Majallat al-thawra' 'A weekly' ar
one '人民日報 號外' '' 'A newspaper extra' zh
one 'Žižkov façade' '' 'The general strike of 1974' cs
finds() {
	ok as ri search "$1"
	has "$2"
}
finds 'مجلة' 'مَجَلَّة'
finds majallat 'مَجَلَّة'
finds 人民 人民日報
finds zizkov Žižkov
finds '"general strike"' Žižkov
finds 'title:facade -weekly' Žižkov
finds 'strik*' Žižkov
ok as ri search 'nothing like that'
has 'nothing found'
ok as ri search zizkov --language zh
has 'nothing found'
refused 2 'word' as ri search '-'

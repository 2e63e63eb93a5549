#!/bin/bash
# Hazards of pages, of time and of files: they decide the level; marked after a grant, what they mark is left out of the text,
# of files with the same bytes, and of copies until the item is sealed anew; the replay agrees.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
printf 'page one\n\fhow to build it\n\fpage three\n' >magazine.txt
printf 'WEBVTT\n\n00:01.000 --> 00:04.000\nGood evening.\n\n05:00.000 --> 05:04.000\n<v Anna>the dangerous minute\n\n10:00.000 --> 10:01.000\nGood night.\n' >talk.vtt
printf 'a list of names\n' >names
printf 'no pages here\n' >plain.txt
mkdir again
cp magazine.txt names again
deposit magazine.txt talk.vtt names plain.txt again
ok as cu1 describe "$ITEM" --title 'A magazine' --hazard hate
file() { as cu1 show "$ITEM" --json | jq -r --arg p "$1" '[.file[].path] | index($p)'; }
M=$(file magazine.txt) T=$(file talk.vtt) N=$(file names)
refused 2 'no file "film.mp4"' as cu1 describe "$ITEM" --hazard graphic@film.mp4:1-2
refused 2 'there is no file 9' as cu1 describe "$ITEM" --hazard graphic@9
refused 2 'unknown hazard' as cu1 describe "$ITEM" --hazard dull@0
refused 1 'not a part of it' as cu1 describe "$ITEM" --hazard referral@0

# Before the release: the hazards of parts make the level.
ok as cu1 describe "$ITEM" --hazard "instructional@magazine.txt:2"
ok as cu1 show "$ITEM" --json
same "$(jq -c '[.hazard, .part]' out)" "[[\"hate\"],[\"instructional@$M:p2-2\"]]"
refused 2 'its hazards need 3' as cu2 release "$ITEM" --level 2
ok as cu1 describe "$ITEM" --hazard none
ok as cu1 show "$ITEM" --json
same "$(jq -c '[.hazard, .part]' out)" '[null,null]'
ok as cu1 describe "$ITEM" --hazard hate
ok as cu2 release "$ITEM"
ok as cu1 show "$ITEM" --json
same "$(json level)" 2
granted "$ITEM"
checked_out "$ITEM"
ok as ri cat "$CHECKOUT" magazine.txt
has 'how to build it'

# Found afterwards: the rest stays open, what is marked does not.
ok as cu1 describe "$ITEM" --hazard "instructional@magazine.txt:2,instructional@talk.vtt:05:00-10:00,personal-data@names,instructional@plain.txt:3-4"
ok as cu1 show "$ITEM"
has "in parts .*instructional: file $M, page 2"
has "instructional: file $T, 05:00-10:00"
has "personal-data: file $N\$"
# A file is found there by its number, and a list says the hazards of parts as those of the whole.
has "^$M +[0-9]+ +regular .* magazine.txt\$"
ok as ri list
has "  hate, instructional@$M, .*personal-data@$N, .*  A magazine\$"
refused 2 'no hazard "personal"' as ri list --hazard personal
refused 2 'no hazard "personal"' as ri search page --hazard personal
ok as ri list --hazard personal-data --json
same "$(jq length out)" 1
ok as ri cat "$CHECKOUT" magazine.txt
has 'page one'
has 'page 2 left out: instructional'
has 'page three'
hasnt 'build'
ok as ri cat "$CHECKOUT" talk.vtt
has 'Good evening'
has '05:00-10:00 left out: instructional'
has 'Good night'
hasnt 'dangerous'
refused 1 "file $N has the hazard personal-data, which this grant's level does not cover" as ri cat "$CHECKOUT" names
ok as ri cat "$CHECKOUT" plain.txt
has 'does not say where'
hasnt 'no pages here'
# Where the same bytes are once more, nothing is shown: the file that was marked is there.
refused 1 "says what file $M says, which has the hazard instructional" as ri cat "$CHECKOUT" again/magazine.txt
refused 1 "says what file $N says, which has the hazard personal-data" as ri cat "$CHECKOUT" again/names
# Of what is left out no hash is told, which would say that a guess is right.
ok as ri cat "$CHECKOUT" --list --json
same "$(jq -r '[.[] | select(.sha256 != null)] | length' out)" 0
ok as cu1 describe "$ITEM" --hazard "instructional@magazine.txt:2,instructional@talk.vtt:05:00-10:00,personal-data@names"
ok as ri cat "$CHECKOUT" --list --json
same "$(jq -r '[.[] | select(.sha256 != null) | .path] | join(" ")' out)" plain.txt
ok as au log --type viewed --json
same "$(jq -r '[.[] | .fields // . | tostring | select(test("read-part"))] | length' out)" 3
ok sr audit replay --json
same "$(json findings)" 0
ok sr rebuild
has 'equal to the one before'
ok as ri return "$CHECKOUT"

# Sealed anew to the level that the parts need, and topped up by as many members: all of it.
ok as cu1 reseal ask "$ITEM" --reason 'a dangerous page' --json
R=$(json request)
as m1 vote "$R" approve --quiet >/dev/null
as m2 vote "$R" approve --quiet >/dev/null
as cu1 grants --request "$R" --json >g.json
ok as cu1 reseal run "$(json 0.id g.json)"
ok as cu1 show "$ITEM" --json
same "$(json level)" 3
granted "$ITEM"
as m3 vote "$REQUEST" approve --quiet >/dev/null
GRANT=$(as ri grants --request "$REQUEST" --json | jq -r '.[0].id')
as ri checkout "$ITEM" --grant "$GRANT" --json >k.json
CHECKOUT=$(json checkout k.json)
ok as ri cat "$CHECKOUT" magazine.txt
has 'how to build it'
ok as ri cat "$CHECKOUT" names
has 'a list of names'
ok sr audit replay --json
same "$(json findings)" 0

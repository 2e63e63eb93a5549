#!/bin/bash
# A curator adds a transcript to a film that is there: held, and released by the board's leave. It is read in the film's place,
# cut where the film is marked, and goes with it; what is no transcript is refused with its line.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

sandboxed
founded
mkdir box
head -c 300000 /dev/urandom | cat <(printf '\0\0\0\x18ftypmp42') - >box/film.mp4
head -c 5000 /dev/zero >box/sound.mp3
echo 'plain words' >box/plain.txt
: >box/nothing.mp3
cat >film.vtt <<'VTT'
WEBVTT

00:01.000 --> 00:04.000
<v Anna>We meet at the mill.

05:10.000 --> 05:12.000
<v Bert>What happens here is not for everybody.

11:00.000 --> 11:02.500
Nobody came.
VTT
printf '1\n00:00:01,000 --> 00:00:02,000\nA song.\n' >sound.srt
printf 'WEBVTT\n\n00:05.000 --> 00:04.000\nbackwards\n' >bad.vtt
printf 'WEBVTT\n' >none.vtt
deposit box
films=$ITEM
look() { as "$1" checkout "$2" --right "$3" --json >k.json 2>err || fail "checkout $*"; CHECKOUT=$(json checkout k.json); }
at() { jq -r --arg p "$1" '[.file[].path] | index($p)' files.json; }
ok as cu1 show "$films" --json
cp out files.json
nothing=$(at box/nothing.mp3)
film=$(at box/film.mp4) sound=$(at box/sound.mp3) plain=$(at box/plain.txt)
look cu1 "$films" quarantine
refused 4 'its intake is not over' as cu1 transcript add "$CHECKOUT" "$film" film.vtt
as cu1 return "$CHECKOUT" --quiet >/dev/null
ok sr intake run
hasnt 'not looked through'
look cu1 "$films" quarantine
refused 2 'line 3' as cu1 transcript add "$CHECKOUT" "$film" bad.vtt
refused 2 'no cue' as cu1 transcript add "$CHECKOUT" "$film" none.vtt
refused 2 'transcript' as cu1 transcript add "$CHECKOUT" "$film" box/plain.txt
refused 2 'no file 99' as cu1 transcript add "$CHECKOUT" 99 film.vtt
refused 2 'number of a file' as cu1 transcript add "$CHECKOUT" film film.vtt
refused 2 'has a text already' as cu1 transcript add "$CHECKOUT" "$plain" film.vtt
refused 2 "file $nothing has no content" as cu1 transcript add "$CHECKOUT" "$nothing" film.vtt
refused 2 'language' as cu1 transcript add "$CHECKOUT" "$film" film.vtt --language 'x_'
refused 1 'no live checkout' as cu2 transcript add "$CHECKOUT" "$film" film.vtt
refused 1 'curator|no live' as ri transcript add "$CHECKOUT" "$film" film.vtt
ok as cu1 show "$films" --json
same "$(json number)" 1 'nothing of that changed it'
# Held: at once.
ok as cu1 transcript add "$CHECKOUT" "$film" film.vtt --language en --json
same "$(json cues) $(json speakers) $(json number) $(json form)" '3 2 2 webvtt'
refused 1 'no live checkout' as cu1 cat "$CHECKOUT" "$film"
ok as cu1 show "$films" --json
same "$(jq -r '.file[-1].path' out)" 'box/film.mp4/(text)'
ok as cu1 intake show "$films"
has 'transcript: webvtt, 3 cues, 2 with a speaker, until 00:11:02'
has 'language: en'
ok as au log --type intake --json
has "$CHECKOUT"
# Nothing opens it for the vault by itself; curators look, also those who came before it.
ok sr intake run
look cu2 "$films" quarantine
ok as cu2 cat "$CHECKOUT" "$film"
cmp -s out <(cat film.vtt) || has 'We meet at the mill'
refused 2 'has a text already' as cu2 transcript add "$CHECKOUT" "$film" film.vtt
refused 2 'file 4 is the text of another one' as cu2 transcript add "$CHECKOUT" 4 film.vtt
# Its numbers are by minute, and say how long it is.
ok as cu2 features "$CHECKOUT" --reason 'how much is said' --json
kept=$CHECKOUT
look cu1 "$(json item)" quarantine
ok as cu1 cat "$CHECKOUT" 0
same "$(jq -c '[.files[] | select(.minutes) | .seconds, (.minutes | map([.minute, .few]))]' out)" '[663,[[0,true],[5,true],[11,true]]]'
ok as cu1 return "$CHECKOUT"
CHECKOUT=$kept
# A redaction takes it along with the film.
ok as cu2 redact "$CHECKOUT" --leave-out "$film" --keep-names --reason names --json
ok as cu2 show "$(json item)" --json
same "$(jq -r '[.file[].path] | join(" ")' out)" 'box/nothing.mp3 box/plain.txt box/sound.mp3'
ok as cu2 return "$CHECKOUT"
ok as cu1 describe "$films" --title Films
ok as cu2 release "$films"
# A grant of the form text reads it.
granted "$films"
checked_out "$films"
ok as ri cat "$CHECKOUT" "$film"
has 'We meet at the mill'
has 'not for everybody'
# Marked after it: what the film must not show, its words do not say either.
ok as cu1 describe "$films" --hazard "personal-data@$film:05:00-10:00"
ok as ri cat "$CHECKOUT" "$film"
has 'We meet at the mill'
has '05:00-10:00 left out: personal-data'
has 'Nobody came'
hasnt 'not for everybody|05:10'
cp "$W/g.json" first.json
# Released: by the board's leave alone, and then what is granted needs its pieces anew.
look_refused() { refused 1 'held|released|grant' as cu1 checkout "$films" --right quarantine; }
look_refused
refused 1 'role|curator' as ri transcript add "$CHECKOUT" "$sound" sound.srt
ok as cu1 request redact "$films" --reason 'the songs are heard' --json
REQUEST=$(json request)
for m in m1 m2 m3; do as $m vote "$REQUEST" approve --quiet >/dev/null 2>&1 || true; done
look cu1 "$films" redact
refused 2 'line' as cu1 transcript add "$CHECKOUT" "$sound" bad.vtt
ok as cu1 transcript add "$CHECKOUT" "$sound" sound.srt --language de --json
same "$(json form) $(json cues) $(json number)" 'subrip 1 4'
ok as cu1 show "$films" --json
same "$(json state) $(json number)" 'released 4'
same "$(cd vault/items && echo "$films".*)" "$films.4"
refused 1 'sealed anew.*topup' as ri checkout "$films"
for m in m1 m2 m3; do as $m vote "$(json 0.request first.json)" topup --quiet >out 2>err || true; done
checked_out "$films"
ok as ri cat "$CHECKOUT" "$sound"
has 'A song'
ok as ri cat "$CHECKOUT" "$film"
has 'Nobody came'
ok as ri return "$CHECKOUT"
ok sr scrub
has '; 0 findings'
ok sr verify
ok sr rebuild
has 'equal'
ok sr audit replay
# A curator who reads under a grant adds nothing by that.
echo words >w.txt
released w.txt
ok as cu2 person add cu1.id.card --role researcher
ok as cu1 request "$ITEM" --purpose research --ends 30d --reason 'the thesis' --json
REQUEST=$(json request)
for m in m1 m2; do as $m vote "$REQUEST" approve --quiet >/dev/null; done
ok as cu1 checkout "$ITEM" --json
refused 1 'this checkout is of right access: a transcript is added by a curator in a look at a held item' as cu1 transcript add "$(json checkout)" 0 film.vtt

#!/bin/bash
# Features: numbers of an item's pages and minutes as an item of its own, without a word of it; a grant for the form features opens that, and
# nothing of the item that it counts.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
python3 - <<'END'
line = 'The meeting is at the old mill and the members of it are known to Ahmed. '
open('report-of-Ahmed.txt', 'w').write((line * 3 + '\n') * 10)
open('arabic', 'w').write('اللغة العربية هي من اللغات السامية وأكثرها انتشارا. ' * 5 + '\n')
open('short', 'w').write('Ahmed knows\n')
open('blob.bin', 'wb').write(bytes(100))
# Minute 0: 24 words, 5 more while they are said, 3 that reach into minute 1; there 24 more. Minute 6 has few.
cue = lambda a, b, text: '%s --> %s\n%s\n\n' % (a, b, text)
words = 'The meeting is at the old mill and the members of it are known to Ahmed. ' * 2
open('talk.vtt', 'w').write('WEBVTT\n\nNOTE Ahmed said it\n\n' + cue('00:01.000', '00:41.000', '<v Ahmed>' + words[:84] + 'we all know it too so. Yes!')
    + cue('00:30.000', '00:50.000', 'Yes it is so here.') + cue('00:58.000', '01:10.000', 'Is <i>it</i> so?')
    + cue('01:05.000', '01:20.400', words[:84] + 'we all know it too so. Yes!') + cue('06:00.000', '06:09.001', 'Ahmed'))
open('talk.srt', 'w').write('1\n' + cue('00:02:59,000', '01:00:00,000', '<font color=red>' + 'اللغة العربية هي من اللغات السامية وأكثرها انتشارا. ' * 5 + '</font>'))
END
deposit report-of-Ahmed.txt arabic short blob.bin talk.vtt talk.srt
parent=$ITEM
ok as cu1 describe "$parent" --title 'A report' --hazard hate
as cu1 checkout "$parent" --right quarantine --json >k.json
CHECKOUT=$(json checkout k.json)
refused 2 'reason is missing' as cu1 features "$CHECKOUT"
refused 1 'role|curator|no live checkout' as ri features "$CHECKOUT" --reason study
ok as cu1 features "$CHECKOUT" --reason 'languages of the box' --json
counts=$(json item)
[[ $counts != "$parent" ]] || fail 'it is the parent'
ok as cu1 return "$CHECKOUT"
ok as cu1 show "$counts" --json
grep -q 'Ahmed\|report' out && fail 'it names a file of its parent'
ok as cu1 describe "$counts" --title 'Numbers of a report' --hazard hate
ok as cu2 release "$counts"
ok as cu2 release "$parent"
# A grant for features: the numbers, and not the text.
ok as ri request "$counts" "$parent" --form features --purpose research --ends 30d --reason 'languages' --json
request=$(json request)
ok as m1 vote "$request" approve
ok as m2 vote "$request" approve
ok as ri grants --request "$request" --json
grant=$(json 0.id)
ok as ri checkout "$counts" --grant "$grant" --form features --json
k=$(json checkout)
ok as ri cat "$k"
has '"strongroom-features": 1'
cp out numbers
python3 - <<'END'
import json
f = json.load(open('numbers'))['files']
assert len(f) == 6, f
page = f[0]['pages'][0] if 'pages' in f[0] and f[0]['pages'][0].get('language') == 'en' else None
named = {tuple(sorted(p)) for x in f for p in x.get('pages', [])}
english = [p for x in f for p in x.get('pages', []) if p.get('language') == 'en'][0]
arabic = [p for x in f for p in x.get('pages', []) if p.get('language') == 'ar'][0]
few = [p for x in f for p in x.get('pages', []) if p.get('few')]
assert english['tokens'] == 480 and english['distinct'] == 14 and english['sentences'] == 30 and english['lines'] == 10, english
assert list(english['letters']) == ['latin'], english
assert arabic['tokens'] == 40 and arabic['sentences'] == 5 and list(arabic['letters']) == ['arabic'], arabic
assert len(few) == 1 and set(few[0]) == {'page', 'few'}, few
assert sum('pages' not in x and 'minutes' not in x for x in f) == 1, f
talk, srt = sorted([x for x in f if 'minutes' in x], key=lambda x: x['seconds'])
assert 'pages' not in talk and talk['seconds'] == 370 and srt['seconds'] == 3600, (talk, srt)
zero, one, six = talk['minutes']
assert [zero['minute'], one['minute'], six] == [0, 1, {'minute': 6, 'few': True}], talk
assert zero['tokens'] == 32 and zero['spoken'] == 51 and zero['sentences'] == 5 and zero['language'] == 'en', zero
assert one['tokens'] == 24 and one['spoken'] == 20 and one['sentences'] == 3, one
assert [x['minute'] for x in srt['minutes']] == [2], srt
assert srt['minutes'][0]['tokens'] == 40 and srt['minutes'][0]['spoken'] == 1, srt
assert list(srt['minutes'][0]['letters']) == ['arabic'] and srt['minutes'][0]['language'] == 'ar', srt
END
grep -qiE 'ahmed|mill|meeting|report|اللغة' numbers && fail 'a word of the text is in it'
ok as ri return "$k"
ok as ri checkout "$parent" --grant "$grant" --form features --json
k=$(json checkout)
refused 1 'checked out in the form features: this item has text' as ri cat "$k" 0

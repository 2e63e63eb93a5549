#!/bin/bash
# Features: numbers of an item's pages as an item of its own, without a word of it; a grant for the form features opens that, and
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
END
deposit report-of-Ahmed.txt arabic short blob.bin
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
assert len(f) == 4, f
page = f[0]['pages'][0] if 'pages' in f[0] and f[0]['pages'][0].get('language') == 'en' else None
named = {tuple(sorted(p)) for x in f for p in x.get('pages', [])}
english = [p for x in f for p in x.get('pages', []) if p.get('language') == 'en'][0]
arabic = [p for x in f for p in x.get('pages', []) if p.get('language') == 'ar'][0]
few = [p for x in f for p in x.get('pages', []) if p.get('few')]
assert english['tokens'] == 480 and english['distinct'] == 14 and english['sentences'] == 30 and english['lines'] == 10, english
assert list(english['letters']) == ['latin'], english
assert arabic['tokens'] == 40 and arabic['sentences'] == 5 and list(arabic['letters']) == ['arabic'], arabic
assert len(few) == 1 and set(few[0]) == {'page', 'few'}, few
assert sum('pages' not in x for x in f) == 1, f
END
grep -qiE 'ahmed|mill|meeting|report|اللغة' numbers && fail 'a word of the text is in it'
ok as ri return "$k"
ok as ri checkout "$parent" --grant "$grant" --form features --json
k=$(json checkout)
refused 1 'checked out in the form features: this item has text' as ri cat "$k" 0

#!/bin/bash
# What is marked in a file is in what it came out of, and may be in what came out of it: under a grant that does not cover the
# hazard neither is shown. Of several files of one name each is read by its own text, here and in a redacted version.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

sandboxed
founded
mkdir box
python3 - <<'END'
import io, warnings, zipfile
warnings.simplefilter('ignore')
open('box/mail.eml', 'w').write('From: a@b\nTo: c@d\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=q\n\n'
    '--q\nContent-Type: text/plain\n\nhello there\n--q\nContent-Type: text/plain\nContent-Disposition: attachment; filename=n.txt\n\n'
    'how to build it\n--q--\n')
with zipfile.ZipFile('box/two.zip', 'w') as z:
    z.writestr('a.html', '<html><p>the dangerous one')
    z.writestr('a.html', '<html><p>the other one')
b = io.BytesIO()
with zipfile.ZipFile(b, 'w') as z:
    z.writestr('deep.txt', 'deep words')
with zipfile.ZipFile('box/long.zip', 'w') as z:
    z.writestr('/'.join(['d' * 99] * 30) + '/in.zip', b.getvalue())
END
deposit box
ok sr intake run
ok as cu1 show "$ITEM" --json
jq -r '.file[].path' out >paths
at() { echo $(($(grep -nxF "$1" paths | head -n "${2:-1}" | tail -n 1 | cut -d: -f1) - 1)); }
MAIL=$(at box/mail.eml) BODY=$(at box/mail.eml/01.text-plain) BUILD=$(at box/mail.eml/02-n.txt)
ONE=$(at box/two.zip/a.html) OTHER=$(at box/two.zip/a.html 2)
((ONE != OTHER)) || fail "one file of that name: $(cat paths)"

# A version without the names: each text is called after its own file.
# Whose place in its container nobody can tell any more: with the container's own name its members' were cut.
ok as cu1 intake show "$ITEM" --key cut --json
same "$(jq -r '[.fact[].file | tonumber]' out | tr -d ' \n')" "[$(grep -n '/deep.txt$' paths | cut -d: -f1 | awk '{ print $1 - 1 }')]"

ok as cu1 checkout "$ITEM" --right quarantine --json
LOOK=$(json checkout)
ok as cu1 redact "$LOOK" --leave-out "$BUILD,$MAIL" --keep "$BODY" --reason names --json
ok as cu1 show "$(json item)" --json
same "$(jq -r '.file[].path | select(test("text")) | split("/") | .[1:] | join("/")' out | sort | tr '\n' ' ')" \
	"$ONE.html/(text) $OTHER.html/(text) "
ok as cu1 return "$LOOK"

ok as cu1 describe "$ITEM" --title Box
ok as cu2 release "$ITEM"
granted "$ITEM"
checked_out "$ITEM"
ok as ri cat "$CHECKOUT" "$ONE"
has 'the dangerous one'
hasnt 'the other one'
ok as ri cat "$CHECKOUT" "$OTHER"
has 'the other one'
hasnt 'the dangerous one'

ok as ri cat "$CHECKOUT" "$(at "$(grep '/deep.txt$' paths)")"
has 'deep words'

# In one of them, and in an attachment: the letter says what the attachment does.
ok as cu1 describe "$ITEM" --hazard "instructional@$BUILD,personal-data@$ONE"
uncovered="which this grant's level does not cover"
refused 1 "file $ONE has the hazard personal-data, $uncovered" as ri cat "$CHECKOUT" "$ONE"
refused 1 "file $BUILD has the hazard instructional, $uncovered" as ri cat "$CHECKOUT" "$BUILD"
refused 1 "file $MAIL says what file $BUILD says, which has the hazard instructional, $uncovered" as ri cat "$CHECKOUT" "$MAIL"
ok as ri cat "$CHECKOUT" "$BODY"
has 'hello there'
ok as ri cat "$CHECKOUT" "$OTHER"
has 'the other one'
# In a container whose member is called after half of its name.
ok as cu1 describe "$ITEM" --hazard "instructional@$(at "$(grep '/in.zip$' paths)")"
refused 1 "says what file .* says, which has the hazard instructional, $uncovered" as ri cat "$CHECKOUT" "$(at "$(grep '/deep.txt$' paths)")"
# In the text of the letter: it is the letter's, and so what came out of that.
TEXT=$(at 'box/mail.eml/(text)')
ok as cu1 describe "$ITEM" --hazard "instructional@$TEXT:1"
for f in "$BODY" "$MAIL"; do
	refused 1 "file $f says what file $TEXT says, which has the hazard instructional, $uncovered" as ri cat "$CHECKOUT" "$f"
done
ok sr audit replay --json
same "$(json findings)" 0

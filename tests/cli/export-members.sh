#!/bin/bash
# An item with containers is unpacked whole with tar, as an archive and as a bag: what was found in them lies beside them, and
# what the vault made of files does not leave.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

command -v age >/dev/null || skip 'no age to open an export'
sandboxed
founded
mkdir fold
python3 - <<'END'
import io, zipfile
b = io.BytesIO()
with zipfile.ZipFile(b, 'w') as z:
    z.writestr('deep.txt', 'deep down\n')
with zipfile.ZipFile('fold/a.zip', 'w') as z:
    z.writestr('one.txt', 'the first\n')
    z.writestr('inner.zip', b.getvalue())
open('fold/m.eml', 'w').write('From: a@b\nTo: c@d\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=q\n\n'
    '--q\nContent-Type: text/plain\n\nhello Anna\n--q\nContent-Type: text/html\nContent-Disposition: attachment; filename=n.html\n\n'
    '<html><p>Anna\n--q--\n')
END
mkdir 'fold/a.zip~0' # a folder that has the first name that comes to mind
echo mine >'fold/a.zip~0/one.txt'
deposit fold
ok sr intake run
ok as cu1 describe "$ITEM" --title letters --hazard graphic --quiet
ok as cu2 release "$ITEM" --quiet
ok as cu1 show "$ITEM" --json
paths=$(jq -r '.file[].path' out | sort)
grep -q '(text)$' <<<"$paths" || fail 'no rendition'
ok sr identity age ri.id --secret-to ri.age --passphrase-file pass
ok as ri request export "$ITEM" --to ri.id.card --purpose research --ends 9d --reason r --json
REQUEST=$(json request)
ok as m1 vote "$REQUEST" approve
ok as m2 vote "$REQUEST" approve
ok as ri grants --json
GRANT=$(json 0.id)

# The deposit as it was, and nothing of it under another name.
unpacked() { # WHERE
	diff -r fold "$1" | sed 's/^Only in //' >rest || true
	same "$(grep -vc '^[^ ]*: .*~[0-9]*~*$' rest)" 0 'changed, or not there'
	same "$(cat "$1/a.zip~"*~/one.txt)" 'the first'
	same "$(cat "$1/a.zip~"*~/inner.zip~*/deep.txt)" 'deep down'
	same "$(cat "$1/m.eml~"*/01*)" 'hello Anna'
	same "$(cat "$1/a.zip~0/one.txt")" mine
	same "$(find "$1" -type f | wc -l)" "$(grep -vc '(text)$' <<<"$paths")" files
}
ok as ri export "$GRANT" "$ITEM" --out plain.age
mkdir back bag
age -d -i ri.age plain.age | tar -C back -xf - || fail 'tar cannot unpack it'
unpacked back/fold
ok as ri export "$GRANT" "$ITEM" --out bag.age --bag
age -d -i ri.age bag.age | tar -C bag -xf - || fail 'tar cannot unpack the bag'
unpacked "bag/$ITEM/data/fold"
(cd "bag/$ITEM" && sha256sum --quiet -c manifest-sha256.txt) || fail 'the bag is not whole'
grep -qE '^data/fold/m.eml~[0-9]+/01.* was fold/m.eml/01' "bag/$ITEM/renamed.txt" || fail 'the name is not told'

# The text of a file that a redaction left out is what its version has: it leaves, alone or in a bag, and is counted.
printf '<html><p>%s</p>\n' "$(seq -s ' ' 30)" >page.html
deposit page.html
ok sr intake run
ok as cu1 describe "$ITEM" --title page --quiet
ok as cu1 checkout "$ITEM" --right quarantine --json
LOOK=$(json checkout)
ok as cu1 redact "$LOOK" --leave-out 0 --keep 1 --reason 'the names behind the page' --json
left=$(json item)
ok as cu1 return "$LOOK"
ok as cu1 checkout "$left" --right quarantine --json
LOOK=$(json checkout)
ok as cu1 features "$LOOK" --reason study --json
counts=$(json item)
ok as cu1 return "$LOOK"
ok as cu1 checkout "$counts" --right quarantine --json
ok as cu1 cat "$(json checkout)"
has '"page": 1, "tokens": 30'
ok as cu2 describe "$left" --title page --quiet
ok as cu2 release "$left" --quiet
ok as ri request export "$left" --to ri.id.card --purpose research --ends 9d --reason r --json
REQUEST=$(json request)
ok as m1 vote "$REQUEST" approve
ok as m2 vote "$REQUEST" approve
ok as ri export "$(as ri grants --request "$REQUEST" --json | jq -r '.[0].id')" "$left" --out text.age
age -d -i ri.age text.age >text || fail 'age cannot open it'
grep -q '^1 2 3 .* 30$' text || fail 'the text is not in it'
ok as ri export "$(as ri grants --request "$REQUEST" --json | jq -r '.[0].id')" "$left" --out text-bag.age --bag
age -d -i ri.age text-bag.age | tar -C bag -xf - || fail 'tar cannot unpack the bag'
same "$(awk '{ print $1 }' "bag/$left/manifest-sha256.txt")" "$(sha256sum <text | cut -d' ' -f1)"
# What it was made from, and by whom, its readers are not told, and so not by a bag.
hidden='Redacted-From|Depositor|'"${ITEM:0:12}|$(who cu1)"
! grep -E "$hidden" "bag/$left/bag-info.txt" || fail 'the bag says what the vault does not'

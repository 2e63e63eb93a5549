#!/bin/bash
# A redaction that leaves out a container leaves out what came out of it; what is to stay of that is named; and a member that goes
# while its container stays whole is refused. A version of the version knows the same.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

sandboxed
founded
mkdir box
python3 - <<'END2'
import io, zipfile
b = io.BytesIO()
with zipfile.ZipFile(b, 'w') as z:
    z.writestr('deep.txt', 'deep down\n')
    z.writestr('deep.html', '<html><p>deep words')
with zipfile.ZipFile('box/a.zip', 'w') as z:
    z.writestr('one.txt', 'the first\n')
    z.writestr('two.html', '<html><p>the second')
    z.writestr('inner.zip', b.getvalue())
open('box/mail.eml', 'w').write('From: a@b\nTo: c@d\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=q\n\n'
    '--q\nContent-Type: text/plain\n\nhello Anna\n--q\nContent-Type: text/html\nContent-Disposition: attachment; filename=n.html\n\n'
    '<html><p>Anna\n--q--\n')
open('box/plain.txt', 'w').write('plain words\n')
END2
deposit box
ok sr intake run
ok as cu1 show "$ITEM" --json
jq -r '.file[].path' out >paths
at() { echo $(($(grep -nxF "$1" paths | cut -d: -f1) - 1)); }
ok as cu1 checkout "$ITEM" --right quarantine --json
LOOK=$(json checkout)
R=(--keep-names --reason names --json)
# made OPTION...: the paths of a version.
made() { ok as cu1 redact "$LOOK" "$@" && NEW=$(json item) && ok as cu1 show "$NEW" --json && jq -r '.file[].path' out | sort | tr '\n' ' '; }
rest=$(grep -v '^box/a.zip' paths | sort | tr '\n' ' ')
same "$(made --leave-out "$(at box/a.zip)" "${R[@]}")" "$rest"
# The same by the depositor's own unpacking, where nothing but the names says so.
refused 2 'came out of file .*still has all of it: leave that one out too' as cu1 redact "$LOOK" --leave-out "$(at box/a.zip/one.txt)" "${R[@]}"
refused 2 'came out of file .*still has all of it' as cu1 redact "$LOOK" --gap "$(at box/a.zip/one.txt):0-3" "${R[@]}"
refused 2 'came out of file .*still has all of it' as cu1 redact "$LOOK" --leave-out "$(at box/a.zip/inner.zip)" "${R[@]}"
# A member of a container in a container goes with the outer one, and not with the inner one alone.
refused 2 'came out of file' as cu1 redact "$LOOK" --leave-out "$(at box/a.zip/inner.zip/deep.txt),$(at box/a.zip/inner.zip)" "${R[@]}"
refused 2 'kept, and left out' as cu1 redact "$LOOK" --leave-out "$(at box/a.zip)" --keep "$(at box/a.zip)" "${R[@]}"
refused 2 'no file 999' as cu1 redact "$LOOK" --leave-out "$(at box/a.zip)" --keep 999 "${R[@]}"
refused 2 'number of a file' as cu1 redact "$LOOK" --leave-out "$(at box/a.zip)" --keep x "${R[@]}"
# What stays is named; its text with it.
same "$(made --leave-out "$(at box/a.zip)" --keep "$(at box/a.zip/two.html),$(at 'box/a.zip/two.html/(text)')" "${R[@]}")" \
	"$(printf 'box/a.zip/two.html box/a.zip/two.html/(text) %s' "$rest")"
# A gap in a message: what was taken out of the message has it still, and goes; so does the message's text.
mail=$(at box/mail.eml)
off=$(grep -abo Anna box/mail.eml | head -n 1 | cut -d: -f1)
same "$(made --gap "$mail:$off-$((off + 4))" "${R[@]}")" "$(grep -v '^box/mail.eml/' paths | sort | tr '\n' ' ')"
# Without the names a version has them still apart, and knows what came out of what.
ok as cu1 redact "$LOOK" --leave-out "$(at box/plain.txt)" --reason names --json
NEW=$(json item)
ok as cu1 return "$LOOK"
ok as cu1 show "$NEW" --json
jq -r '.file[].path' out >paths2
! grep -qE 'box|one|two|inner|deep|mail' paths2 || fail "names are left: $(cat paths2)"
zip=$(at box/a.zip)
grep -qxF "$zip.zip/$(at box/a.zip/inner.zip).zip/$(at box/a.zip/inner.zip/deep.txt).txt" paths2 || fail "deep.txt is not in its place: $(cat paths2)"
grep -qxF "$zip.zip/$(at box/a.zip/two.html).html/(text)" paths2 || fail "the text is not in its place: $(cat paths2)"
ok as cu1 checkout "$NEW" --right quarantine --json
LOOK=$(json checkout)
first=$(($(grep -nxF "$zip.zip" paths2 | cut -d: -f1) - 1))
same "$(made --leave-out "$first" "${R[@]}")" "$(grep -v "^$zip.zip" paths2 | sort | tr '\n' ' ')"
ok as cu1 return "$LOOK"
# What the depositor took out and sent beside its container is known by its name.
ok as de deposit box/a.zip --unpack --collection box --json
ITEM=$(json item.0)
ok as cu1 checkout "$ITEM" --right quarantine --json
LOOK=$(json checkout)
refused 2 'nothing would be left' as cu1 redact "$LOOK" --leave-out 0 "${R[@]}"
same "$(made --leave-out 0 --keep 1 "${R[@]}")" 'a.zip/one.txt '
ok as cu1 return "$LOOK"
# A copy of what goes with its container says it still.
printf 'the first\n' >copy.txt
ok as de deposit box/a.zip copy.txt --unpack --name both --collection box --json
ITEM=$(json item.0)
ok as cu1 show "$ITEM" --json
jq -r '.file[].path' out >paths
ok as cu1 checkout "$ITEM" --right quarantine --json
LOOK=$(json checkout)
copy=$(at copy.txt)
refused 2 "file $copy has the same bytes as file $(at a.zip/one.txt), which goes with what it came out of: .*--keep $copy" \
	as cu1 redact "$LOOK" --leave-out "$(at a.zip)" "${R[@]}"
same "$(made --leave-out "$(at a.zip)" --keep "$copy" "${R[@]}")" 'copy.txt '
ok as cu1 return "$LOOK"
ok sr verify
ok sr rebuild

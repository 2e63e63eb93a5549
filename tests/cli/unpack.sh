#!/bin/bash
# deposit --unpack: what archives hold is deposited beside them, under names that never become places; what cannot be taken out
# is recorded with its reason.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

sandboxed
founded
mkdir box
python3 - <<'END'
import io, tarfile, zipfile
b = io.BytesIO()
with zipfile.ZipFile(b, 'w', zipfile.ZIP_DEFLATED) as z:
    z.writestr('deep.txt', 'deep down\n')
with zipfile.ZipFile('box/a.zip', 'w', zipfile.ZIP_DEFLATED) as z:
    z.writestr('one.txt', 'the first\n')
    z.writestr('folder/', '')
    z.writestr('folder/two.txt', 'the second\n')
    z.writestr('../../outside.txt', 'nowhere\n')
    z.writestr('inner.zip', b.getvalue())
with zipfile.ZipFile('box/names.zip', 'w') as z:
    z.writestr('\u043c\u0438\u0440.txt', 'peace\n')
with tarfile.open('box/links.tar', 'w') as t:
    for name, kind, to in (('link', tarfile.SYMTYPE, '/etc/passwd'), ('hard', tarfile.LNKTYPE, 'x'), ('null', tarfile.CHRTYPE, ''),
        ('far', tarfile.LNKTYPE, 'x/' * 2048)): # longer than a note may be
        i = tarfile.TarInfo(name)
        i.type, i.linkname = kind, to
        t.addfile(i)
with zipfile.ZipFile('box/huge.zip', 'w', zipfile.ZIP_DEFLATED) as z:
    z.writestr('small.txt', 'small\n')
    with z.open('large', 'w') as f:
        for _ in range(50):
            f.write(bytes(1 << 20))
    z.writestr('after.txt', 'after it\n')
END
head -c 300 box/a.zip >box/cut.zip
printf 'WARC/1.0\r\nWARC-Type: resource\r\nContent-Length: 6\r\n\r\nrecord' >box/web.warc
printf 'plain words\n' >box/plain.txt

ok as de deposit box --unpack --collection box --json
ITEM=$(json item.0)
cp out deposited.json
told() { jq -r --arg p "$1" '.told[] | select(.path == $p) | .status + ": " + .reason' deposited.json; }
same "$(told box/links.tar/link)" 'recorded: /etc/passwd'
same "$(told box/links.tar/hard)" 'recorded: hard link to x'
told box/links.tar/far | grep -q '^recorded: hard link to x/x/' || fail "far: $(told box/links.tar/far)"
same "$(told box/links.tar/null)" 'recorded: special file'
told box/huge.zip/large | grep -q 'unreadable: .*it has more than 48 MiB' || fail "large: $(told box/huge.zip/large)"
told 'box/cut.zip/(the rest)' | grep -q 'unreadable: .*broken: .' || fail "cut: $(told 'box/cut.zip/(the rest)')"
[[ ! -e outside.txt && ! -e ../outside.txt ]] || fail 'a member became a file'

ok as cu1 show "$ITEM" --json
jq -r '.files[].path // empty' out >paths 2>/dev/null || grep -oE '"path": "[^"]*"' out | cut -d'"' -f4 >paths
for p in box/a.zip box/a.zip/one.txt box/a.zip/folder/two.txt box/a.zip/../../outside.txt box/a.zip/inner.zip \
	box/a.zip/inner.zip/deep.txt box/names.zip/мир.txt box/huge.zip/small.txt box/huge.zip/after.txt box/web.warc/000001.resource; do
	grep -qxF "$p" paths || fail "$p is not in the item"
done
! grep -qxF box/a.zip/folder/ paths || fail 'a folder became a file'
ok as cu1 describe "$ITEM" --title 'a box'
ok as cu2 release "$ITEM"
granted "$ITEM"
checked_out "$ITEM"
ok as ri cat "$CHECKOUT" box/a.zip/inner.zip/deep.txt
same "$OUT" 'deep down'
ok as ri cat "$CHECKOUT" box/a.zip/../../outside.txt
same "$OUT" nowhere
ok as ri cat "$CHECKOUT" box/web.warc/000001.resource
same "$OUT" record

# Names that occur twice, or are no UTF-8, or would obey a terminal: all are kept.
python3 - <<'END'
import io, tarfile, zipfile
with zipfile.ZipFile('arabic.zip', 'w') as z: # which says that its names are UTF-8
    z.writestr('\u0643\u062a\u0627\u0628/\u00e9t\u00e9.txt', 'summer')
with tarfile.open('odd.tar', 'w', format=tarfile.GNU_FORMAT, encoding='latin-1') as t:
    for name, text in (('same', b'1'), ('same', b'22'), ('SAME', b'333'), ('caf\xe9', b'4444'), ('a\x1b[31mb', b'55555')):
        i = tarfile.TarInfo(name)
        i.size = len(text)
        t.addfile(i, io.BytesIO(text))
END
ok as de deposit odd.tar --unpack --collection box --json
same "$(json files) $(json bytes)" "6 $(($(stat -c %s odd.tar) + 15))"
ok as cu1 show "$(json item.0)"
grep -q $'\x1b' out && fail 'a terminal would obey'
ok as de deposit arabic.zip --unpack --collection box --json
ok as cu1 show "$(json item.0)"
has 'arabic.zip/كتاب/été.txt'

# Over the socket, each file an item; many members, more than are read ahead.
python3 - <<'END'
import zipfile
with zipfile.ZipFile('many.zip', 'w') as z:
    for n in range(500):
        z.writestr('f%03d' % n, 'x' * 200000)
END
core
ok as de deposit many.zip box/plain.txt --unpack --each file --collection box --json
same "$(json items) $(json files) $(json bytes)" "2 502 $((500 * 200000 + $(stat -c %s many.zip) + 12))"
core_stop
refused 2 'no --unpack' as de deposit --bag box --unpack --collection box
refused 2 'one after the other' as de deposit --age box --unpack --collection box
ok sr verify

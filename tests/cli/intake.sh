#!/bin/bash
# What happens after a deposit by itself: files are identified, containers taken apart into files of the same item, all of it
# on the record; no curator opens anything for it, and afterwards nobody but curators can.
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
    z.writestr('../../outside.txt', 'nowhere\n')
    z.writestr('inner.zip', b.getvalue())
with tarfile.open('box/links.tar', 'w') as t:
    for name, kind, to in (('link', tarfile.SYMTYPE, '/etc/passwd'), ('null', tarfile.CHRTYPE, '')):
        i = tarfile.TarInfo(name)
        i.type, i.linkname = kind, to
        t.addfile(i)
with zipfile.ZipFile('box/large.zip', 'w', zipfile.ZIP_DEFLATED) as z:
    with z.open('large', 'w') as f:
        for n in range(55):
            f.write(bytes([n]) * (1 << 20))
# A disc with a folder and a web archive on it, and a program that unpacks itself.
import ctypes
la = ctypes.CDLL('libarchive.so.13')
for f in ('archive_write_new', 'archive_entry_new'):
    getattr(la, f).restype = ctypes.c_void_p
w, e = ctypes.c_void_p(la.archive_write_new()), ctypes.c_void_p(la.archive_entry_new())
la.archive_write_set_format_iso9660(w)
assert la.archive_write_open_filename(w, b'box/disc.iso') == 0
for name, body in ((b'docs/letter.txt', b'a letter on a disc\n'), (b'web.warc', b'WARC/1.0\r\nWARC-Type: resource\r\nContent-Length: 6\r\n\r\nrecord')):
    la.archive_entry_clear(e)
    la.archive_entry_set_pathname(e, name)
    la.archive_entry_set_filetype(e, 0o100000)
    la.archive_entry_set_perm(e, 0o644)
    la.archive_entry_set_size(e, ctypes.c_int64(len(body)))
    assert la.archive_write_header(w, e) == 0
    la.archive_write_data(w, body, ctypes.c_size_t(len(body)))
assert la.archive_write_close(w) == 0
open('box/setup.exe', 'wb').write(b'MZ\x90\0' + bytes(3000) + b.getvalue())
END
head -c 300 box/a.zip >box/cut.zip
printf 'plain words\n' >box/plain.pdf
: >box/empty

# Left to another: the item waits, and can be looked at meanwhile.
ok as de deposit box --collection box --json
ITEM=$(json item.0)
ok as cu1 intake list --json
same "$(json 0.intake)" 'under way'
# A swap that may take plaintext to a disk: nothing is taken apart, and the item waits.
before=$(find vault/packs -type f | wc -l)
printf 'Filename Type Size Used Priority\n%s/swapfile file 999420 0 -2\n' "$W" >swaps
SR_SWAPS=$W/swaps sr intake run >out 2>err || true
has 'swap on .*swapfile is not encrypted'
same "$(find vault/packs -type f | wc -l)" "$before"
ok sr intake run
has 'nothing is left'
(($(find vault/packs -type f | wc -l) > before)) || fail 'nothing was stored'
ok as cu1 show "$ITEM" --json
jq -r '.file[].path' out >paths
for p in box/a.zip box/a.zip/one.txt box/a.zip/../../outside.txt box/a.zip/inner.zip box/a.zip/inner.zip/deep.txt \
	box/links.tar/link box/links.tar/null box/large.zip/large box/empty box/disc.iso/docs/letter.txt \
	box/disc.iso/web.warc/000001.resource box/setup.exe/deep.txt; do
	grep -qxF "$p" paths || fail "$p is not in the item"
done
same "$(jq -r '.file[] | select(.path == "box/large.zip/large") | .size' out)" $((55 << 20))
same "$(jq -r '.file[] | select(.path == "box/links.tar/link") | .kind' out)" symlink
same "$(jq -r '.file[] | select(.path == "box/cut.zip/(the rest)") | .kind' out)" unreadable
same "$(jq -r .number out)" 2
[[ ! -e outside.txt && ! -e ../outside.txt ]] || fail 'a member became a file'
ok as cu1 intake show "$ITEM" --json --limit 500
same "$(jq -r '.step[].step' out | tr '\n' ' ')" 'inspect text '
same "$(jq -r '.step[] | select(.step == "inspect") | .result' out)" partly
jq -e '.fact[] | select(.key == "mismatch")' out >/dev/null || fail 'no mismatch was found'
jq -e '.fact[] | select(.key == "unpacked" and (.value | startswith("broken")))' out >/dev/null || fail 'not said that it is broken'
jq -e '.fact[] | select(.key == "name" and .value == "leads out of its folder")' out >/dev/null || fail 'no escape was found'
same "$(jq -r '.fact[] | select(.key == "target") | .value' out)" /etc/passwd
jq -e '.fact[] | select(.key == "unreadable" and (.value | startswith("broken: ")))' out >/dev/null || fail 'an entry without its reason'
ok as cu1 intake show "$ITEM" --key mismatch
has 'mismatch: its name promises something else'
refused 1 'curator' as ri intake show "$ITEM"
# It is all in the log, and the packs are of the inventory.
ok as au log --type intake --json
same "$(jq -s 'flatten | length' out)" 2
ok sr scrub
ok sr verify
ok sr rebuild
# Once is enough; nothing of the key is left.
ok sr intake run
ok as au log --type intake --json
same "$(jq -s 'flatten | length' out)" 2
ok as cu1 intake list
hasnt 'at work'
# What came out is read like the rest, in quarantine and after the release.
ok as cu1 checkout "$ITEM" --right quarantine --json
LOOK=$(json checkout)
ok as cu1 cat "$LOOK" box/a.zip/inner.zip/deep.txt
same "$OUT" 'deep down'
ok as cu1 cat "$LOOK" box/disc.iso/docs/letter.txt
same "$OUT" 'a letter on a disc'
ok as cu1 cat "$LOOK" box/disc.iso/web.warc/000001.resource
same "$OUT" record
ok as cu1 return "$LOOK"
ok as cu1 describe "$ITEM" --title 'a box'
ok as cu2 intake release "$ITEM"
granted "$ITEM"
checked_out "$ITEM"
ok as ri cat "$CHECKOUT" box/a.zip/../../outside.txt
same "$OUT" nowhere
ok as ri return "$CHECKOUT"

# In the process that deposits, at once.
unset STRONGROOM_INTAKE
ok as de deposit box/a.zip --collection box --json
ITEM=$(json item.0)
ok as cu1 show "$ITEM" --json
same "$(jq '.file | length' out)" 5
# And by core.
core
ok as de deposit box/a.zip --collection box --json
ITEM=$(json item.0)
for _ in $(seq 100); do
	ok as cu1 show "$ITEM" --json
	[[ $(jq '.file | length' out) = 1 ]] || break
	sleep 0.05
done
same "$(jq '.file | length' out)" 5
core_stop
# One that was sent apart already is not taken apart again.
ok as de deposit box/a.zip --unpack --collection box --json
ITEM=$(json item.0)
ok as cu1 show "$ITEM" --json
same "$(jq '.file | length' out)" 5
ok as cu1 intake show "$ITEM" --key unpacked
has 'unpacked: not here: what lies behind its path was deposited with it'
# A held item that nobody shall ask for is sealed: it stays as evidence, and neither is released nor opened.
refused 1 'curator|there is no item' as ri intake seal "$ITEM" --reason malware
refused 2 . as cu1 intake seal
ok as cu1 intake seal "$ITEM" --reason 'malware in it'
ok as cu1 intake show "$ITEM" --json
ok as cu1 show "$ITEM" --json
same "$(json sealed)" true
ok as cu1 describe "$ITEM" --title evidence
refused 1 sealed as cu2 intake release "$ITEM"
refused 1 'sealed' as cu1 checkout "$ITEM" --right quarantine
refused 1 . as ri request "$ITEM" --purpose research --ends 9d --reason r
ok as au log --type seal --json
same "$(jq -s 'flatten | length' out)" 1
ok sr verify

#!/bin/bash
# What a hostile box says reaches no disk while it is taken apart, scanned, read by OCR and described: every byte that the
# programs write is recorded, those to files without a name too, and every file that is left is searched.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

sandboxed
recorder=$(dirname "$STRONGROOM_T")/recorder.so
[[ -f $recorder ]] || skip 'no recorder was built'
! sanitized || skip 'a sanitizer wants to be the first library'
export TMPDIR=$W/tmp
mkdir tmp
found
mkdir box
# Each kind of content has words of its own; MARK is in all of them.
python3 - <<'END'
import io, tarfile, zipfile, gzip
M = 'zyxwv-marked-%s-vwxyz'
def zipped(*members):
    b = io.BytesIO()
    with zipfile.ZipFile(b, 'w', zipfile.ZIP_DEFLATED) as z:
        for name, body in members:
            z.writestr(name, body)
    return b.getvalue()
def pdf(text):
    body = b'BT /F 20 Tf 60 700 Td (%s) Tj ET' % text
    return (b'%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>> endobj\n2 0 obj<</Type/Pages/Kids[10 0 R]/Count 1>> endobj\n'
            b'3 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>> endobj\n10 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]'
            b'/Contents 11 0 R/Resources<</Font<</F 3 0 R>>>>>> endobj\n11 0 obj<</Length %d>>stream\n%s\nendstream endobj\n'
            b'trailer<</Root 1 0 R>>\n%%%%EOF\n' % (len(body), body))
line = lambda kind: (M % kind + ' and more of it\n') * 50
docx = zipped(('[Content_Types].xml', '<Types/>'), ('word/document.xml', '<w:document xmlns:w="http://schemas.openxmlformats.org/'
              'wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>%s</w:t></w:r></w:p></w:body></w:document>' % line('docx')))
mail = 'From: a@b\nTo: c@d\nSubject: %s\nMIME-Version: 1.0\nContent-Type: text/plain\n\n%s' % (M % 'subject', line('mail'))
tar = io.BytesIO()
with tarfile.open(fileobj=tar, mode='w:gz') as t:
    for name, kind, to in ((M % 'link', tarfile.SYMTYPE, '/etc/' + M % 'target'), ('../../' + M % 'escape', tarfile.REGTYPE, '')):
        i = tarfile.TarInfo(name)
        i.type, i.linkname, body = kind, to, line('tar').encode()
        i.size = len(body) if kind == tarfile.REGTYPE else 0
        t.addfile(i, io.BytesIO(body) if i.size else None)
warc = 'WARC/1.0\r\nWARC-Type: resource\r\nWARC-Target-URI: http://x/%s\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n' % (M % 'uri', len(line('warc')), line('warc'))
inner = zipped((M % 'name' + '.txt', line('inner')), ('a.pdf', pdf((M % 'pdf').encode())))
whole = zipped(('a.txt', line('text')), ('a.html', '<p>%s</p>' % line('html')), ('a.docx', docx), ('a.eml', mail), ('in.zip', inner),
               ('b.tar.gz', tar.getvalue()), ('c.warc', warc), ('setup.exe', b'MZ' + bytes(500) + inner), ('latin', line('latin').encode('utf-16')))
open('box/hostile.zip', 'wb').write(whole)
open('box/cut.zip', 'wb').write(whole[:len(whole) // 2])
open('box/bad.gz', 'wb').write(gzip.compress(line('gz').encode())[:-12])
END
ocr=
if [[ -x /usr/bin/pdftoppm && -x /usr/bin/tesseract ]]; then
	python3 "$HERE/scan_pdf.py" scan.pdf 1
	mv scan.pdf box/
	ocr='right column begins'
fi
printf '#!/bin/sh\nif grep -q zyxwv-marked-warc; then echo "Found zyxwv-marked-finding-vwxyz"; exit 1; fi\n' >scan.sh
chmod +x scan.sh
printf 'command %s/scan.sh\n' "$W" >scanners.txt
ok sr intake scanners scanners.txt

# Its output goes through a pipe, so that only the program's own files are in the record.
recorded() {
	LD_PRELOAD=$recorder RECORD_ROOT='' RECORD_UNNAMED=1 RECORD_LOG=$W/record "$@" 2> >(cat >err) | cat >out || fail "recorded: $*"
}
touch began
# The record sees what is written, to a file that has no name any more too.
recorded python3 -c 'import os; f = os.open("tmp/gone", os.O_CREAT | os.O_WRONLY); os.unlink("tmp/gone"); os.write(f, b"-".join((b"seen", b"unnamed")))'
grep -qaF seen-unnamed record || fail 'the recorder does not see what is written'
recorded as de deposit box --collection box --json
ITEM=$(json item.0)
recorded sr intake run
has 'nothing is left'
as cu1 checkout "$ITEM" --right quarantine --json >k.json
look=$(json checkout k.json)
recorded as cu1 features "$look" --reason counts
recorded as cu1 describe "$ITEM" --title zyxwv-marked-title-vwxyz
recorded as cu1 return "$look"

# It was all read: that is what could have leaked.
as cu1 checkout "$ITEM" --right quarantine --json >k.json
look=$(json checkout k.json)
for f in a.txt a.html a.docx a.eml in.zip/zyxwv-marked-name-vwxyz.txt in.zip/a.pdf b.tar.gz/../../zyxwv-marked-escape-vwxyz setup.exe/a.pdf; do
	ok as cu1 cat "$look" "box/hostile.zip/$f"
	has 'zyxwv-marked'
done
if [[ -n $ocr ]]; then
	ok as cu1 cat "$look" box/scan.pdf
	has "$ocr"
fi
ok as cu1 return "$look"
ok as cu1 intake show "$ITEM"
has 'zyxwv-marked-finding'
(($(grep -ac "^w $W/vault/packs/" record) > 0 && $(stat -c %s record) > 100000)) || fail 'nothing was recorded'

words=(-e zyxwv -e vwxyz)
[[ -z $ocr ]] || words+=(-e "$ocr" -e 'Meeting at the old')
for as_utf in utf-16le utf-16be; do
	printf 'zyxwv-marked' | iconv -t "$as_utf" | head -c 22 >"wide.$as_utf"
	python3 -c 'import sys; sys.exit(open(sys.argv[1], "rb").read() in open("record", "rb").read())' "wide.$as_utf" || fail "$as_utf in what was written"
done
! grep -qaF "${words[@]}" record || fail "written to: $(grep -aF -B 3 "${words[@]}" record | grep -a '^w ' | cut -c1-200 | head -n 5)"
found=$(grep -rlaF "${words[@]}" vault tmp state 2>/dev/null || true)
[[ -z $found ]] || fail "marked words lie in: $found"
[[ -z $(ls -A tmp) ]] || fail "left in the temporary folder: $(ls -A tmp)"
found=$(find /tmp /var/tmp /dev/shm -maxdepth 1 -type f -newer began -size -50M -exec grep -laF "${words[@]}" {} + 2>/dev/null || true)
[[ -z $found ]] || fail "marked words lie in: $found"

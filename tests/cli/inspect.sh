#!/bin/bash
# What files hold is found out in the sandbox: members are names and bytes, never files; bombs are capped; what is broken is
# told; without the sandbox nothing is parsed.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

sr doctor >out 2>err || skip "no sandbox here: $(head -n 3 out err)"
same "$(cut -d: -f1-2 out | sort | uniq -d)" '' 'each wall is told once'
python3 - <<'END'
import io, tarfile, zipfile
with zipfile.ZipFile('slip.zip', 'w') as z:
    z.writestr('good.txt', 'good')
    z.writestr('../../outside.txt', 'bad')
    z.writestr('/absolute.txt', 'bad')
    z.writestr('a\x1b[31mb', 'red')
with tarfile.open('links.tar', 'w') as t:
    for name, kind, to in (('link', tarfile.SYMTYPE, '/etc/passwd'), ('hard', tarfile.LNKTYPE, '../x'), ('null', tarfile.CHRTYPE, '')):
        i = tarfile.TarInfo(name)
        i.type, i.linkname = kind, to
        t.addfile(i)
inner = open('slip.zip', 'rb').read()
for depth in range(12):
    b = io.BytesIO()
    with zipfile.ZipFile(b, 'w') as z:
        z.writestr('in.zip', inner)
    inner = b.getvalue()
open('deep.zip', 'wb').write(inner)
with zipfile.ZipFile('bomb.zip', 'w', zipfile.ZIP_DEFLATED) as z:
    with z.open('zeros', 'w') as f:
        for _ in range(200):
            f.write(bytes(1 << 20))
with zipfile.ZipFile('many.zip', 'w') as z:
    for n in range(20005):
        z.writestr('f%d' % n, '')
END
head -c 200 slip.zip >cut.zip
printf 'just words\n' >words

ok sr inspect words
has '^words: text/plain'
has 'pronom=x-fmt/111'
cp slip.zip photo.jpg
ok sr inspect photo.jpg
has '^photo.jpg: application/zip.*pronom=x-fmt/263 mismatch='
ok sr inspect slip.zip
hasnt mismatch
has 'good.txt'
has '\.\./\.\./outside\.txt +\[name=leads out of its folder'
has '/absolute.txt +\[name=is absolute'
grep -q $'\x1b' out && fail 'a terminal would obey'
[[ ! -e outside.txt && ! -e ../outside.txt && ! -e good.txt && ! -e /absolute.txt ]] || fail 'a member became a file'
ok sr inspect links.tar --json
same "$(jq -r '.[0].members | map(.kind) | join(" ")' out)" 'symlink hardlink special'
same "$(json 0.members.0.target)" /etc/passwd
same "$(jq -r '.[0].members | map(.link // "-") | join(", ")' out)" 'is absolute, leads out of its folder, -'
# Eight deep, and it is said where it ended.
ok sr inspect deep.zip --json
same "$(jq '[.[0].members[].depth] | max' out)" 8
jq -e '.[0].members[-1]["not-looked-into"] == "it lies too deep"' out >/dev/null || fail 'nobody says that it lies too deep'
ok sr inspect deep.zip --depth 1 --json
same "$(jq '.[0].members | length' out)" 1
ok sr inspect bomb.zip --json
same "$(json 0.status)" capped
(($(json 0.bytes) <= 64 << 20)) || fail 'a bomb went off'
ok sr inspect many.zip --json
same "$(json 0.status)" capped
same "$(jq '.[0].members | length' out)" 20000
ok sr inspect cut.zip --json
jq -e '.[0].status == "broken" or (.[0].members | any(.status == "broken"))' out >/dev/null || fail 'nobody says that it is broken'
# Several at once; what is not there is said; a usage.
ok sr inspect words slip.zip --json
same "$(jq length out)" 2
refused 1 'nothing is there' sr inspect gone
refused 2 'is no file: name the files that are in it' sr inspect .
refused 1 'nothing is there' sr inspect words slip.zip gone words
has '^words: text/plain'
has '^slip.zip: application/zip'
for i in $(seq 11); do echo "words $i" >"w$i"; done
# shellcheck disable=SC2046
ok sr inspect $(seq -f 'w%g' 11)
same "$(grep -c '^w[0-9]*: text/plain' out)" 11
same "$(grep -n '^w7:' out | cut -d: -f1)" 7 'in their order'
refused 2 'depth' sr inspect words --depth 0
refused 2 . sr inspect

# Without user namespaces nothing is parsed, and it says what to switch on.
mkdir home
without=(bwrap --unshare-user --disable-userns --dev-bind / / --)
if "${without[@]}" true 2>/dev/null; then
	refused 1 'sandbox cannot be set up.*user namespaces' "${without[@]}" "$STRONGROOM_T" inspect words
	refused 1 'walls do(es)? not stand' "${without[@]}" "$STRONGROOM_T" doctor
	has 'FAULT'
fi
# While a swap is on that is not encrypted, too: what a parser holds may be written to it.
printf 'Filename Type Size Used Priority\n/dev/sda2 partition 999420 0 -2\n' >swaps
export SR_SWAPS=$W/swaps
refused 1 'swap on /dev/sda2 is not encrypted.*swapoff' sr inspect words
hasnt 'text/plain'
refused 1 'walls do(es)? not stand' sr doctor
has '^FAULT  swap: swap on /dev/sda2 is not encrypted'
same "$(wc -l <out)" 1 'once'
unset SR_SWAPS
# Nor without bubblewrap.
hidden=(bwrap --dev-bind / / --tmpfs /usr/bin --tmpfs /usr/local/bin --)
if "${hidden[@]}" "$STRONGROOM_T" --version >/dev/null 2>&1; then
	refused 1 'bubblewrap is not installed, and nothing is parsed without it: make deps-room' "${hidden[@]}" "$STRONGROOM_T" inspect words
	refused 1 'walls do(es)? not stand' "${hidden[@]}" "$STRONGROOM_T" doctor
	has '^FAULT +the sandbox: bubblewrap is not installed'
fi
# A tool that is there and cannot be used is told of, with why, where it is wanted and by the doctor; all else goes on.
printf '%%PDF-1.4\n' >page.pdf
: >nothing
chmod 600 nothing
among=()
if [[ -e /usr/bin/pdftotext && -e /usr/bin/pdfinfo ]]; then
	spoilt=(bwrap --dev-bind / / --ro-bind "$W/nothing" /usr/bin/pdftotext --ro-bind "$W/nothing" /usr/bin/pdfinfo --)
	if "${spoilt[@]}" true 2>/dev/null; then
		ok "${spoilt[@]}" "$STRONGROOM_T" doctor --json
		jq -r '.[] | select(.ok != (.says == "ok")) | .says' out | grep -q . && fail 'what is ok is not said to be ok'
		jq -r '.[] | "\(.says) \(.what): \(.found)"' out >lines && mv lines out
		has '^UNUSABLE a tool of the sandbox: /usr/bin/pdftotext, .*: Permission denied: give it its rights'
		has '^UNUSABLE a tool of the sandbox: /usr/bin/pdfinfo, .*: Permission denied'
		hasnt FAULT
		ok "${spoilt[@]}" "$STRONGROOM_T" inspect words page.pdf --text
		has 'pdftotext cannot be used here .see strongroom doctor.: /usr/bin/pdftotext, .*: Permission denied'
		among=("${spoilt[@]}")
	fi
fi
# OCR, too: its program or its data is of no use, and what wanted it is not called damaged, nor read. There we are an ordinary
# user, whom rights bind.
if [[ -e /usr/bin/pdftoppm && -e /usr/share/tesseract-ocr/5/tessdata/eng.traineddata ]]; then
	python3 "$HERE/scan_pdf.py" scan.pdf 1
	mkdir -m 0 closed
	spoil() { spoilt=(bwrap --unshare-user --uid 1234 --gid 1234 --dev-bind / / --ro-bind "$W/$1" "$2" --); }
	spoil closed /usr/share/tesseract-ocr
	if "${spoilt[@]}" true 2>/dev/null; then
		ok "${spoilt[@]}" "$STRONGROOM_T" inspect scan.pdf --text --ocr eng --json
		same "$(json 0.status)" unread 'a scan without the data of OCR'
		has 'the data of tesseract cannot be used here .see strongroom doctor.: /usr/share/tesseract-ocr, .*: Permission denied'
		hasnt 'install tesseract'
		spoil closed /usr/share/tesseract-ocr/5
		ok "${spoilt[@]}" "$STRONGROOM_T" inspect scan.pdf --text --ocr eng --json
		same "$(json 0.status)" unread 'a scan without the trained data'
		has 'the trained data for eng cannot be read .Permission denied.'
		spoil nothing /usr/bin/pdftoppm
		for file in scan page; do
			ok "${spoilt[@]}" "$STRONGROOM_T" inspect $file.pdf --text --ocr eng --json
			same "$(json 0.status)" unread "$file.pdf without pdftoppm"
			has 'pdftoppm cannot be used here .see strongroom doctor.: /usr/bin/pdftoppm, .*: Permission denied'
		done
		ok "${spoilt[@]}" "$STRONGROOM_T" inspect scan.pdf --text --draw --json
		same "$(jq -r '.[0]["not-drawn"].status' out)" unread 'a page is not drawn'
	fi
	rmdir closed
fi
told() {
	hasnt FAULT
	((${#among[@]} == 0)) || has '^UNUSABLE a tool of the sandbox: /usr/bin/pdftotext, .*: Permission denied: give it its rights'
	((${#among[@]} == 0)) || has '^UNUSABLE a tool of the sandbox: /usr/bin/pdfinfo, .*: Permission denied'
}
# As an ordinary user, too.
if [[ $(id -u) = 0 ]] && command -v setpriv >/dev/null; then
	cp "$STRONGROOM_T" "$(dirname "$STRONGROOM_T")/strongroom-parse" home/
	chmod -R a+rX home words && chmod a+rx .
	ok setpriv --reuid 1234 --regid 1234 --clear-groups "$W/home/strongroom" inspect words
	has '^words: text/plain'
	ok "${among[@]}" setpriv --reuid 1234 --regid 1234 --clear-groups "$W/home/strongroom" doctor
	told
else
	ok "${among[@]}" "$STRONGROOM_T" doctor
	told
fi

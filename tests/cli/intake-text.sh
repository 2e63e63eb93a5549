#!/bin/bash
# After a deposit the vault reads what files say by itself; a grant of the form text shows it for a PDF too, page by page. An
# export leaves it out, a redaction takes it along, and no deposit can say it of a file.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

sandboxed
[[ -x /usr/bin/pdftotext ]] || skip 'poppler-utils is not installed'
founded
mkdir box
python3 - <<'END'
def pdf(name, lines):
    objs = {1: b'<</Type/Catalog/Pages 2 0 R>>', 3: b'<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
        2: b'<</Type/Pages/Kids[' + b' '.join(b'%d 0 R' % (10 + 2 * i) for i in range(len(lines))) + b']/Count %d>>' % len(lines)}
    for i, line in enumerate(lines):
        text = b'BT /F 20 Tf 60 700 Td (%s) Tj ET' % line
        objs[10 + 2 * i] = b'<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</Font<</F 3 0 R>>>>>>' % (11 + 2 * i)
        objs[11 + 2 * i] = b'<</Length %d>>stream\n%s\nendstream' % (len(text), text)
    open(name, 'wb').write(b'%PDF-1.4\n' + b''.join(b'%d 0 obj%s endobj\n' % o for o in sorted(objs.items())) + b'trailer<</Root 1 0 R>>\n%%EOF\n')
pdf('box/a.pdf', [b'The old mill', b'The river', b'--- page 9 ---'])
open('box/b.html', 'w').write('<html><p>hello <b>there</b></html>')
open('box/c.txt', 'w').write('plain words\n')
open('box/d.bin', 'wb').write(bytes(range(256)))
END
ok as de deposit box --collection box --json
ITEM=$(json item.0)
# A text that is made without OCR, since nobody knew of any language, would pass for all that there is to read. And the list of a
# parser's libraries goes to us, or nowhere.
shim=${STRONGROOM_T%/*}/shim.so
if [[ -f $shim ]] && ! sanitized && ! counted; then
	cp -a "$STRONGROOM_VAULT" before
	if [[ -d /usr/share/tesseract-ocr/5/tessdata ]]; then
		LD_PRELOAD=$shim FAULT='list 1 12' FAULT_ROOT=/usr/share/tesseract-ocr ok sr intake run
		has '1 item is not looked through yet: the languages of OCR, .*tessdata: Cannot allocate memory'
		rm -r "$STRONGROOM_VAULT"
		cp -a before "$STRONGROOM_VAULT"
	fi
	LD_PRELOAD=$shim FAULT_STACKS=$W/stacks FAULT_ROOT=$W ok sr intake run
	mapfile -t places < <(awk '$1 == "setup" && $5 ~ /^(run_loader|find_libraries|sr_walls_new)[.+]/ { print "1@" $4 }' stacks)
	((${#places[@]} > 0)) || fail 'nobody asked the loader for libraries'
	for at in "${places[@]}"; do
		rm -r "$STRONGROOM_VAULT"
		cp -a before "$STRONGROOM_VAULT"
		LD_PRELOAD=$shim FAULT="setup $at 1" FAULT_HIT=$W/hit FAULT_ROOT=$W sr intake run >out 2>err || true
		grep -q '^setup ' hit || fail "setup $at did not come"
		has 'ld-linux.*--list .* does not work'
		hasnt 'libc.so.6 =>'
	done
	rm -r "$STRONGROOM_VAULT"
	mv before "$STRONGROOM_VAULT"
fi
ok sr intake run
has 'nothing is left'
ok as cu1 intake show "$ITEM" --json --limit 500
same "$(jq -r '.step[].step | select(. != "about")' out | tr '\n' ' ')" 'inspect text '
jq -e '.fact[] | select(.key == "text" and (.value | startswith("whole, 3 pages")))' out >/dev/null || fail 'nothing of the three pages'
jq -e '.fact[] | select(.key == "text" and .value == "itself: utf-8")' out >/dev/null || fail 'plain text is not itself'
jq -e '.fact[] | select(.key == "text" and (.value | startswith("unread")))' out >/dev/null || fail 'nothing of what is not read'
ok as cu1 show "$ITEM" --json
same "$(jq -r '.file[].path' out | tr '\n' ' ')" 'box/a.pdf box/b.html box/c.txt box/d.bin box/a.pdf/(text) box/b.html/(text) '
ok sr verify
# In quarantine, and under a grant.
ok as cu1 checkout "$ITEM" --right quarantine --json
LOOK=$(json checkout)
ok as cu1 cat "$LOOK" box/a.pdf
has '^strongroom text 1: 3 pages, whole$'
has '^--- page 2 ---$'
has '^ --- page 9 ---$'
ok as cu1 cat "$LOOK" box/a.pdf --page 2
same "$OUT" $'--- page 2 ---\nThe river'
ok as cu1 cat "$LOOK" box/a.pdf --page 3
same "$OUT" $'--- page 3 ---\n --- page 9 ---'
refused 1 'there is no page 9' as cu1 cat "$LOOK" box/a.pdf --page 9
refused 2 'number from 1' as cu1 cat "$LOOK" box/a.pdf --page 0
refused 2 'is the text of file 0: read that one' as cu1 cat "$LOOK" 'box/a.pdf/(text)'
ok as cu1 cat "$LOOK" box/b.html
has '^hello there$'
refused 1 'binary data' as cu1 cat "$LOOK" box/d.bin
# A redaction: the file is left out, and so is its text; unless the text was redacted itself.
refused 2 'leave that one out too' as cu1 redact "$LOOK" --gap 4:60-64 --reason names
ok as cu1 redact "$LOOK" --leave-out 0 --keep-names --reason names --json
ok as cu1 show "$(json item)" --json
same "$(jq -r '.file[].path' out | tr '\n' ' ')" 'box/b.html box/c.txt box/d.bin box/b.html/(text) '
ok as cu1 redact "$LOOK" --leave-out 0,1,2,3 --gap 4:50-60 --keep-names --reason names --json
new=$(json item)
ok as cu1 show "$new" --json
same "$(jq -r '.file[].path' out | tr '\n' ' ')" 'box/a.pdf/(text) '
ok as cu1 return "$LOOK"
ok as cu1 checkout "$new" --right quarantine --json
LOOK=$(json checkout)
ok as cu1 cat "$LOOK" 0
has 'redacted: 10 bytes'
ok as cu1 return "$LOOK"
ok as cu1 describe "$ITEM" --title 'a box'
ok as cu2 release "$ITEM"
granted "$ITEM"
checked_out "$ITEM"
ok as ri cat "$CHECKOUT" box/a.pdf --page 1
same "$OUT" $'--- page 1 ---\nThe old mill'
ok as ri return "$CHECKOUT"
# Of one file there is no question which is meant: the text that was made of it is not a second one. Of several none is
# chosen, and no list of them passes for what is in one.
deposit box/a.pdf
ok sr intake run
ok as cu1 describe "$ITEM" --title paper
ok as cu2 release "$ITEM"
granted "$ITEM"
checked_out "$ITEM"
ok as ri cat "$CHECKOUT" --list
has 'a.pdf/[(]text[)]'
ok as ri cat "$CHECKOUT" --page 1
same "$OUT" $'--- page 1 ---\nThe old mill'
ok as ri return "$CHECKOUT"
released box
granted "$ITEM"
checked_out "$ITEM"
refused 2 'the item has 4 files: which' as ri cat "$CHECKOUT"
[[ ! -s out ]] || fail 'something was written as if it were a file'
ok as ri cat "$CHECKOUT" 2
same "$OUT" 'plain words'

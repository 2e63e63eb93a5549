#!/bin/bash
# OCR reads in the languages that the site's policy names: for all, for a collection, for what an item is described with. A
# scan shows how far it is, page by page, and its columns come one after the other.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

sandboxed
[[ -x /usr/bin/pdftoppm && -x /usr/bin/tesseract ]] || skip 'poppler-utils or tesseract-ocr is not installed'
[[ -r /usr/share/tesseract-ocr/5/tessdata/ara.traineddata ]] || skip 'no trained data of Arabic (tesseract-ocr-ara)'
founded
mkdir box
python3 "$HERE/scan_pdf.py" box/scan.pdf 1
policy() { # LINE...: in force from the next text on
	printf '%s\n' "$@" >scanners.txt
	ok sr intake scanners scanners.txt
}
# Deposits the scan, described with LANGUAGE if there is one, and reads it: its first line, or what came of it.
read_as() { # [LANGUAGE]
	local item
	as de deposit box --collection box --json >d.json 2>err || fail "deposit: $(cat err)"
	item=$(json item.0 d.json)
	[[ -z ${1:-} ]] || ok as cu1 describe "$item" --title scan --language "$1"
	ok sr intake run
	ok as cu1 intake show "$item" --key text --json
	json fact.0.value
}
refused_lines() {
	printf '%s\n' "$1" >bad.txt
	refused 2 "$2" sr intake scanners bad.txt
}
refused_lines 'ocr eng;ara' 'line 1: ocr: languages are words between plus signs'
refused_lines 'ocr language not_a_tag eng' 'line 1: ocr language'
refused_lines 'ocr collection box' 'want "ocr LANGS"'
# For all.
policy 'ocr ara'
has '^OCR: ara$'
has '^none: held items cannot be scanned here$'
[[ $(read_as) == 'whole, 1 page, 1 by OCR, 0 blank, 0 lost'* ]] || fail 'not read by OCR'
as cu1 checkout "$(json item.0 d.json)" --right quarantine --json >k.json
ok as cu1 cat "$(json checkout k.json)" box/scan.pdf
has '1 by OCR \(ara\)'
# For a collection; its items described otherwise are read otherwise.
policy 'ocr no' 'ocr collection box eng' 'ocr language de-ch ara'
has '^OCR: none$'
has '^OCR of collection box: eng$'
has '^OCR of language de-ch: ara$'
said() {
	read_as "$2" >said
	as cu1 checkout "$(json item.0 d.json)" --right quarantine --json >k.json
	ok as cu1 cat "$(json checkout k.json)" box/scan.pdf
	has "1 by OCR \\($1\\)"
}
said eng ''
has '^A paper of two columns$'
# Text in reading order: the left column to its end, then the right one.
order=$(grep -E 'old mill|ends here first|right column begins|this is the last' out | tr '\n' '|')
same "$order" 'Meeting at the old mill|and ends here first|The right column begins|and this is the last|'
said ara ar
said ara de-CH
policy 'ocr no'
[[ $(read_as) != *'1 by OCR'* ]] || fail 'OCR was done'
# How far it is: on the line of progress, and for curators while core reads.
# A line comes when there is more than a second to wait: of as many pages as that takes here.
for pages in 2 8 24; do
	python3 "$HERE/scan_pdf.py" short.pdf $pages
	sr inspect --text --ocr eng short.pdf >out 2>err || fail "inspect: $(cat err)"
	has "$pages pages, $pages by OCR \(eng\), whole"
	! grep -qE "^reading text: [0-9]+ pages of $pages pages" err || break
done
grep -qE "^reading text: [0-9]+ pages of $pages pages" err || fail "no line of progress: $(cat err)"
for n in one two; do has "^This is sheet $n\$"; done
policy 'ocr eng'
rm box/*
python3 "$HERE/scan_pdf.py" box/long.pdf 3
as de deposit box --collection box --json >d.json
unset STRONGROOM_INTAKE
core
item=$(json item.0 d.json) seen=
for _ in $(seq 600); do
	ok as cu1 intake show "$item" --json
	[[ $(json intake) == true ]] || break
	if [[ $(jq -r '.at["pages-of"] // 0' out) -eq 3 ]]; then
		now=$(jq -r '.at.pages' out)
		[[ " $seen " == *" $now "* ]] || seen+=" $now"
		same "$(json at.step)" text
		same "$(json at.files)" 1
	fi
	sleep 0.1
done
# Each was less than the next, and some lay between the first page and the last.
[[ $(wc -w <<<"$seen") -ge 2 && $(tr ' ' '\n' <<<"$seen" | grep -c .) == $(tr ' ' '\n' <<<"$seen" | grep . | sort -nu | wc -l) ]] ||
	fail "pages seen on the way:$seen"
same "$(tr ' ' '\n' <<<"$seen" | grep . | tr '\n' ' ')" "$(tr ' ' '\n' <<<"$seen" | grep . | sort -n | tr '\n' ' ')"
ok as cu1 intake show "$item" --key text --json
[[ $(json fact.0.value) == 'whole, 3 pages, 3 by OCR'* ]] || fail "$(cat out)"
core_stop

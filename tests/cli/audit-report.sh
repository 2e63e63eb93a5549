#!/bin/bash
# A report as table, CSV, lines of JSON and one page of HTML, whose titles are somebody's attempt at markup and at a formula.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo 'a page' >page.txt
deposit page.txt
ok as cu1 describe "$ITEM" --title '<script>alert("x")</script> & =1+2' --hazard graphic --quiet
ok as cu2 release "$ITEM" --quiet
A=$ITEM
echo 'another' >other.txt
deposit other.txt
ok as cu1 describe "$ITEM" --title '=HYPERLINK("http://evil")' --hazard hate --quiet
ok as cu2 release "$ITEM" --quiet
B=$ITEM
granted "$A" "$B"
FIRST=$GRANT
checked_out "$A"
ok as ri cat "$CHECKOUT"
ok as ri return "$CHECKOUT"
granted "$B" # never used
UNUSED=$GRANT
requested "$A"
ok as m1 vote "$REQUEST" reject --reason 'not again'
ok as m2 vote "$REQUEST" reject --reason 'no'

ok as of audit report
has 'views: 2' # by checkout, and again by cat: each is another process
has 'exposure: 1'
has "${UNUSED:0:12}"
has 'quorum-out-of-reach'
ok as of audit report requests --format jsonl
same "$(jq -r 'select(.outcome == "refused") | .rule' out)" quorum-out-of-reach
same "$(jq -sr '[.[] | select(.outcome == "granted")] | length' out)" 3 'a collection and two grants'
refused 2 'csv holds one section: name it' as of audit report --format csv
refused 2 'all sections on one page: name none' as of audit report views --format html
ok as of audit report views --format csv
has '"<script>alert\(""x""\)</script> & =1\+2"'
ok as of audit report views --item "$B" --format csv
same "$(wc -l <out)" 1 'nobody opened it'
ok as of audit report unused --format jsonl
same "$(jq -r .grant out)" "$UNUSED"
ok as of audit report views --to 2020-01-01 --format csv --out later.csv
same "$(wc -l <later.csv)" 1
# What is to come is no span of a report; an empty one would pass for `nobody looked`.
refused 2 'from 90d has not come yet' as of audit report views --from 90d
refused 2 'to is not after' as of audit report views --from 2020-02-01 --to 2020-01-01
refused 2 'one section' as of audit report --format csv
refused 2 'no section' as of audit report all
refused 2 'csv, jsonl or html' as of audit report --format pdf
refused 1 'there already|exists' as of audit report views --format csv --out later.csv
checked_out "$B" --grant "$FIRST" # its title begins like a formula
ok as ri cat "$CHECKOUT"
ok as of audit report views --item "$B" --format csv
has "\"'=HYPERLINK"

# A hazard of one page is one of what was read.
printf 'page one\n\fterrible\n' >m.txt
deposit m.txt
as cu1 describe "$ITEM" --title paper --hazard graphic@m.txt:2 --hazard traumatic --quiet >o
as cu2 release "$ITEM" --quiet >o
granted "$ITEM"
checked_out "$ITEM"
ok as ri cat "$CHECKOUT" m.txt
ok as of audit report views --item "$ITEM" --format jsonl
same "$(jq -sr 'last | .hazard | tostring' out)" '["graphic","traumatic"]'
ok as of audit report exposure --item "$ITEM" --format jsonl
same "$(jq -sr '[.[].hazard[]] | sort | join(" ")' out)" 'graphic traumatic'

ok as of audit report --format html --out page.html
[[ $(stat -c %a page.html) = 600 ]] || fail 'others may read the page'
grep -q '&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; =1+2' page.html || fail 'the title is not there, escaped'
! grep -qi '<script' page.html || fail 'a script'
! grep -qiE 'src=|href=|url\(|@import' page.html || fail 'something is fetched'
same "$(grep -c '<svg role="img"' page.html)" 3
same "$(grep -o '<title id=' page.html | wc -l)" 3
same "$(grep -o '<desc id=' page.html | wc -l)" 3
grep -q "default-src 'none'" page.html || fail 'no policy'
grep -q '>graphic</th>' page.html || fail 'no figures beside the plot'
if command -v xmllint >/dev/null; then
	xmllint --html --noout page.html 2>&1 | grep -vE 'Tag (bdi|main|section|figure|figcaption|header|footer|svg|title|desc|rect|text|line) invalid|^ *[<^]|^$' >html.err || true
	! grep -q 'error' html.err || fail "markup: $(cat html.err)"
	# Every plot is well-formed by itself.
	for n in 1 2 3; do
		awk -v n=$n '/<svg role/ { k++ } k == n { print } /<\/svg>/ { if (k == n) exit }' page.html |
			sed -e 's/^.*<svg /<svg /' -e 's,</svg>.*$,</svg>,' >plot.svg
		xmllint --noout plot.svg || fail "plot $n is no XML"
	done
fi

# New service keys: the vault's own record of when core ran goes on, and nobody is accused.
sr witness new "$W/w" --name witness.example/w --unlock-new w.key --quiet >/dev/null
bound "$STRONGROOM_T" witness serve "$W/w" --unlock w.key --port 0 >w.up 2>/dev/null &
BESIDE_PID=$!
until grep -qs ' at http' w.up || ! kill -0 $BESIDE_PID; do sleep 0.05; done
read -r key _ url <w.up
put_down $BESIDE_PID
BESIDE_PID=
printf 'witness w %s %s\nquorum w\n' "$key" "$url" >asked
ok sr witness policy asked
core
core_stop
ok sr service rotate --unlock-new "$W/next.key"
export STRONGROOM_UNLOCK=$W/next.key
core
core_stop
(($(wc -l <vault/ledger/beats) >= 4)) || fail 'no up and down, twice'
for section in heartbeat unwitnessed; do
	ok as of audit report $section
	hasnt 'was changed'
done

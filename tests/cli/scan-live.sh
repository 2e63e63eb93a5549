#!/bin/bash
# What a reader has open is scanned again with its content: what is named then closes the item at once, on the record; curators
# and the reader are told, and a curator decides. What was decided is not asked again; what is new is.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

sandboxed
founded
mkdir papers
printf 'all well\n' >papers/a.txt
printf 'the marker-word of this test\n' >papers/b.txt
printf 'the other-word of this test\n' >papers/c.txt
released papers
# shellcheck disable=SC2016 # the shell of the scanner expands it
printf '#!/bin/sh\nif grep -q "$(cat %s/words)"; then echo Test.Marker; exit 1; fi\n' "$W" >scan.sh
echo nothing-has-this >words
chmod +x scan.sh
printf 'command %s/scan.sh\n' "$W" >scanners.txt
ok sr intake scanners scanners.txt
granted "$ITEM"
unset STRONGROOM_INTAKE
core
checked_out "$ITEM"
ok as ri cat "$CHECKOUT" papers/b.txt
# scans N: until the log has so many of them.
scans() {
	local have
	for _ in $(seq 200); do
		have=$(as au log --type scan --json | jq -s 'flatten | length')
		((have < $1)) || break
		sleep 0.05
	done
	same "$have" "$1" 'scans in the log'
}
# Opened, and never looked at by this scanner: it is due by itself.
scans 1
ok as cu2 show "$ITEM" --json
same "$(jq -r '[.scan[].result] | join(" ")' out)" clean
ok as ri cat "$CHECKOUT" papers/a.txt
# Once: nothing new is known. Only curators have it done again.
refused 1 'curator' as ri intake scan --again
ok as cu1 intake scan --again
has 'core scans 1 open checkout again'
scans 2
ok as ri cat "$CHECKOUT" papers/a.txt
ok as ke notices list --json
same "$(jq '[.[] | select(.what == "infected")] | length' out)" 0

# Now it knows more.
echo marker-word >words
ok as cu1 intake scan --again
scans 3
refused 1 'no live checkout|ended|open it again' as ri cat "$CHECKOUT" papers/a.txt
refused 1 'embargo' as ri checkout "$ITEM"
ok as ri show "$ITEM"
hasnt 'Test.Marker'
ok as cu1 show "$ITEM"
has 'embargo [0-9a-f]{12} of service, basis infected'
has 'papers/b.txt: infected: Test.Marker'
ok as cu1 show "$ITEM" --json
FLAG=$(jq -r '.flag[] | select(.basis == "infected") | .id' out)
same "$(json state)" released
ok as ke notices list --json
same "$(jq -r '.[] | select(.what == "infected") | .person' out | sort | tr '\n' ' ')" \
	"$(for n in cu1 cu2 ri; do who "$n"; done | sort | tr '\n' ' ')"
for n in cu1 cu2 ri; do
	ok as $n inbox
	has "infected ${ITEM:0:12} .*curator decides"
done
ok as m1 inbox
hasnt infected
# Not theirs to decide.
refused 1 'nothing that was set on this item begins so' as ri lift "$ITEM" "$FLAG" --reason 'I am careful'
ok as cu1 lift "$ITEM" "$FLAG" --reason 'an example of its kind, kept on purpose'
checked_out "$ITEM"
ok as ri cat "$CHECKOUT" papers/b.txt
has 'marker-word'
ok as ri inbox
hasnt infected
# The same again is decided.
ok as cu1 intake scan --again
scans 4
ok as cu1 show "$ITEM" --json
same "$(jq -r '[.scan[].result] | join(" ")' out)" infected
ok as ri cat "$CHECKOUT" papers/a.txt
# In another file as well: it is asked again, and the core closes it while it is open in two hands.
printf 'marker-word\\|other-word' >words
ok as cu2 intake scan --again
scans 5
refused 1 'no live checkout|ended|open it again' as ri cat "$CHECKOUT" papers/a.txt
refused 1 'embargo' as ri checkout "$ITEM"
core_stop
export STRONGROOM_INTAKE=later
# Known hashes do the same to what nobody has open.
echo 'the fourth' >d.txt
released d.txt
granted "$ITEM"
sha256sum d.txt >known.txt
ok as cu1 intake scan --known known.txt
refused 1 'embargo' as ri checkout "$ITEM"
ok as cu1 show "$ITEM" --json
FLAG=$(jq -r '.flag[] | select(.basis == "infected") | .id' out)
ok as of lift "$ITEM" "$FLAG" --reason 'a harmless one'
checked_out "$ITEM"
# A released item that was named before its release, and let go with a reason, stays open.
deposit papers/b.txt
ok as cu1 intake scan "$ITEM"
has 'infected by'
ok as cu1 describe "$ITEM" --title known
ok as cu2 release "$ITEM" --reason 'kept on purpose'
granted "$ITEM"
unset STRONGROOM_INTAKE
core
checked_out "$ITEM"
ok as ri cat "$CHECKOUT" 0
ok as cu1 intake scan --again
scans 8
ok as ri cat "$CHECKOUT" 0
core_stop
export STRONGROOM_INTAKE=later
ok sr verify
ok sr rebuild
has 'equal'
ok sr audit replay

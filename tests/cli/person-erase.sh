#!/bin/bash
# What is kept of a person who has gone is erased by vote: their name and words are then in no file of the vault, not in its
# memory and not in a replay; their pseudonym and every deed stay. Who is active, or needed, is not erased.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

# No word of the erased is in the memory of core, where another's name is found.
unmarked() {
	if (($(id -u) != 0)) || sanitized; then
		echo 'the memory of core was not judged (needs root and a program without a sanitizer)'
		return
	fi
	ok as m1 person list --json
	[[ $(lines_with 'Name of ri') != 0 ]] || fail 'the memory of core was not read'
	same "$(lines_with "$marker")" 0 'lines of the erased in the memory of core'
}

marker=zyxwv-marked-vwxyz
founded
echo text >f
released f
sr identity new "$W/zo.id" --name "Zo $marker" --passphrase-file pass --quiet >/dev/null
zo=$(who zo)
ok as cu1 person add zo.id.card --role researcher
ok as of attest "$zo" --kind training --term trauma-awareness --note "note $marker"
long=$(printf 'x%.0s' $(seq 6000)) # two of these do not fit an entry: one lies in an object
ok as zo request "$ITEM" --purpose research --ends 9d --reason "reason $marker $long" --project "project $marker $long" --json
REQUEST=$(json request)
ok as m1 vote "$REQUEST" approve
ok as m2 vote "$REQUEST" approve
ok as zo grants --request "$REQUEST" --json
GRANT=$(json 0.id)
ok as zo comment "$REQUEST" "comment $marker"
ok as zo comment "$REQUEST" "another $marker" --receipt kept
ok as of enquiry open --kind police --person "$zo" --reference "ref $marker" --text "who is $marker" --json
enquiry=$(json enquiry)
ok sr backup "$W/copy" --secrets "$W/secrets" --escrow "$W/escrow" --secrets-passphrase-file pass
core
ask=(person erase "$zo" --ground data-subject --reason 'their letter of 3 May')

# In the way, one after the other.
refused 2 'ground is missing' as of person erase "$zo" --reason why
refused 1 'unknown-ground' as of person erase "$zo" --ground whim --reason why
refused 1 'no-such-person' as of person erase p-0123456789abcdef --ground order --reason why
refused 1 'still-active.*person end first' as of "${ask[@]}"
ok as cu1 person end "$zo" --reason "gone, $marker"
refused 1 "grant-stands.*${GRANT:0:12}" as of "${ask[@]}"
ok as m1 request list --json
ok as of revoke "$GRANT" --reason over --json
revoke=$(json request)
ok as m1 vote "$revoke" approve
ok as m2 vote "$revoke" approve
refused 1 "enquiry-open.*${enquiry:0:12}" as of "${ask[@]}"
ok as of enquiry close "$enquiry" --text "closed, $marker"
refused 1 'share-held|still-active' as of person erase "$(who m1)" --ground order --reason why
refused 1 'house-asks-for-acts' as ri "${ask[@]}"
ok as m3 person list
has "Zo $marker"
ok as of "${ask[@]}" --json
end=$(json request)
ok as m1 request show "$end"
has "subject +$zo"
has 'purposes +data-subject'
ok as m1 vote "$end" approve
has 'request .*, version 1, erase at level 3'
ok as m2 vote "$end" approve
refused 1 'nothing was erased' as of person erasure "$zo" # a release takes two here, this takes three
ok as m3 person list
has "Zo $marker"
ok as m3 vote "$end" approve
has 'decided: what was kept of that person is erased'

# Nobody reads it any more, and nobody is told anything else about them.
ok as m3 person list
hasnt "$marker"
has "$zo +\(erased\)"
for who in m3 of cu1; do
	ok as $who person show "$zo"
	hasnt "$marker"
	has 'erased by entry +[1-9]'
done
ok as m3 request show "$REQUEST"
hasnt "$marker"
has "applicant +$zo"
ok as of enquiry show "$enquiry"
hasnt "$marker"
ok as of log
hasnt "$marker"
ok as au log --json
hasnt "$marker"
ok as cu1 search "$marker"
hasnt "$marker"
refused 1 'erased-already' as of "${ask[@]}"
refused 1 'person-erased' as cu1 person add zo.id.card --role researcher
refused 1 'person-erased' as of attest "$zo" --kind training --term x --note again
refused 1 'no role|erased' as zo comment "$REQUEST" 'me again'
refused 1 'nothing was erased' as of person erasure "$(who ri)"

# The report; the backup from before, and what was disclosed, are not reached.
ok as of person erasure "$zo" --out report.txt --receipt report
has "^person $zo"
has '^keys 0'
has '^enquiries 1'
has '^records ([89]|1[0-9])$'
has '^backups 1'
has '^second none'
has '^not-promised backups'
has '^not-promised disclosed'
has 'escrow is rotated'
grep -q '^— test.example/vault/room ' report.txt || fail 'it is not signed by the room key'
[[ -s report.tlog-proof ]] || fail 'no receipt was kept'
unmarked # the process that has shown the name
ok as ke rebuild
unmarked
core_stop
ok sr backup "$W/copy" --secrets "$W/secrets" --escrow "$W/escrow" --secrets-passphrase-file pass --rotate-escrow
core
ok as of person erasure "$zo" --json
grep -q '^backups 0' <<<"$(json report)" || fail 'the backup from before is still told'
grep -q '^databases renewed' <<<"$(json report)" || fail 'the catalogue has its old keys'

# In no file: the marked words lay there sealed at best, and now nothing is left that opens them.
found=$(grep -rlaF -e "$marker" vault state copy secrets escrow 2>/dev/null || true)
[[ -z $found ]] || fail "marked words lie in: $found"
unmarked
core_stop

# A fresh replay is equal and has none of it, nor has the log as an auditor exports it.
ok sr rebuild
has 'equal'
ok as of log --json
hasnt "$marker"
ok sr log export "$W/export"
ok sr verify
ok sr scrub

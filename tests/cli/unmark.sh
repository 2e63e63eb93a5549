#!/bin/bash
# A mark for referral that was a mistake is taken back by a quorum of the highest level, asked by an officer; not once it was
# decided to hand the item over. The board of the item decides, whichever that is.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

# mark: the statement that marked ITEM.
mark() {
	ok as of show "$ITEM" --json
	jq -r '.flag[] | select(.what == "referral" and .ended == null) | .id' out
}

founded
echo text >f
released f
granted "$ITEM"
ok as cu1 describe "$ITEM" --title paper --hazard referral
refused 1 'rule referral' as ri checkout "$ITEM" --grant "$GRANT"
flag=$(mark)
refused 1 'referral-by-quorum' as of lift "$ITEM" "$flag"
refused 1 'officers-ask-to-take-back-a-mark' as cu1 lift "$ITEM" "$flag" --ask --reason 'it was another one'
refused 1 'officers-ask-to-take-back-a-mark' as m1 lift "$ITEM" "$flag" --ask --reason 'it was another one'
ok as of lift "$ITEM" "$flag" --ask --reason 'the number was misread' --json
asked=$(json request)
ok as m1 vote "$asked" approve
ok as m2 vote "$asked" approve
ok as m1 request show "$asked" --json
same "$(json state)" open 'two of three are not enough'
refused 1 'rule referral' as ri checkout "$ITEM" --grant "$GRANT"
ok as m3 vote "$asked" approve
has 'lifted: the mark for referral'
ok as of show "$ITEM" --json
same "$(jq -r '.referral // "no"' out)" no
hasnt '"referral"\]'
checked_out "$ITEM"
ok as ri return "$CHECKOUT"
# Marked again, and decided: then it stays.
ok as cu2 describe "$ITEM" --title paper --hazard referral
flag=$(mark)
sr identity age of.id --passphrase-file pass >age.txt
ok as of request referral "$ITEM" --to "$(cat age.txt)" --authority 'Police' --ends 30d --reason 'section 138' --json
referral=$(json request)
ok as of lift "$ITEM" "$flag" --ask --reason 'perhaps not' --json
asked=$(json request)
for m in m1 m2; do ok as "$m" vote "$referral" approve; done
ok as m1 request show "$referral" --json
same "$(json state)" granted
for m in m1 m2 m3; do ok as "$m" vote "$asked" approve; done
has 'the mark stays'
ok as of show "$ITEM" --json
same "$(json referral)" true
refused 1 'referred' as of lift "$ITEM" "$flag" --ask --reason 'still'
# Destroyed on instruction while it is asked: nothing is left to lift, and the last vote says so.
echo other >g
deposit g
ok as cu1 describe "$ITEM" --title other --hazard referral
flag=$(mark)
ok as of lift "$ITEM" "$flag" --ask --reason 'perhaps not' --json
asked=$(json request)
ok as of destroy "$ITEM" --reason 'it ends' --instruction 'State attorney, 12 Js 1' --json
end=$(json request)
for m in m1 m2; do ok as "$m" vote "$end" approve; done
ok as m1 show "$ITEM" --json
same "$(json state)" destroyed
for m in m1 m2 m3; do ok as "$m" vote "$asked" approve; done
has 'nothing left to lift'
ok as m1 request show "$asked" --json
same "$(json state)" refused
refused 1 'item-state' as of lift "$ITEM" "$flag" --ask --reason 'still'
ok as au log --type lift --json
same "$(jq length out)" 1
ok sr verify
ok sr rebuild
has 'equal'

#!/bin/bash
# Places at which one call to the system failed, and the sentence once said something else, or nothing (tests/soak/faults.sh
# looks for them): the reason that the system gave is told, with what to do, and afterwards the act can be done.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

shim=$(dirname "$STRONGROOM_T")/shim.so
[[ -f $shim ]] || skip 'no shim was built'
! sanitized || skip 'a sanitizer wants to be the first library'
! counted || skip 'gcov asks for memory and writes files at the end of every program'
# faulty 'CALL NTH HOW' PIECE COMMAND...: in its calls on files with PIECE in their path.
faulty() {
	local fault=$1 name=$2
	shift 2
	LD_PRELOAD=$shim FAULT=$fault FAULT_ROOT=$W FAULT_NAME=$name "$@"
}
how_many() { # CALL PIECE COMMAND...: how many there are
	local call=$1 name=$2
	shift 2
	LD_PRELOAD=$shim FAULT_COUNT=$W/counts FAULT_ROOT=$W FAULT_NAME=$name "$@" >counted.out
	sed -n "s/^$call //p" counts
}

# places CALL PATTERN COMMAND...: 1@STACK of each place of CALL below a function of our own whose name fits PATTERN; DIRECT=1:
# that calls it, itself or by a library; UNDER: in a stack that fits that. Not within libcrypto: what does not get its memory goes another way, and no act stops.
places() {
	local call=$1 name=$2
	shift 2
	LD_PRELOAD=$shim FAULT_STACKS=$W/stacks FAULT_ROOT=$W "$@" >out 2>err || fail "status $? without a fault"
	awk -v call="$call" -v name="^($name)([.][a-z0-9.]+)?[+]" -v direct="${DIRECT:-0}" -v under="${UNDER:-}" '
		$1 == call && !/ libcrypto/ && $0 ~ under { for (i = 5; i <= NF; i++) { if ($i ~ name) { print "1@" $4; break } if (direct && $i !~ /^(lib|ld-)/) break } }
		' stacks >places
	[[ -s places ]] || fail "no $call below $name: $(cut -c 1-200 stacks | head -n 20)"
	mapfile -t PLACES < <(shuf -n "${FAULT_PLACES:-1}" --random-source=<(yes) places) # tests/soak/faults.sh tries the rest
}
# each HOW PIECE COMMAND...: at each of PLACES, where CALL is made, it says PIECE, ends with the status of a system's failure
# and, afterwards, is done ($AFTER: or that). Each place must come to pass. GOES_ON=1: some of them need not stop it.
each() {
	local call=$1 how=$2 piece=$3 at rc stopped=0
	shift 3
	for at in "${PLACES[@]}"; do
		again
		rc=0
		FAULT_HIT=$W/hit faulty "$call $at $how" '' "$@" >out 2>err || rc=$?
		grep -q "^$call " hit || fail "$call $at did not come"
		[[ $rc = 0 && -n ${GOES_ON:-} ]] && continue
		stopped=$((stopped + 1))
		((rc == 5)) || fail "status $rc with $call $at: $(grep -F "${at#1@}" stacks)"
		has "$piece"
		has 'what to do'
		ok "${AFTER:-$1}" "${@:2}"
	done
	((stopped > 0)) || fail "nothing stopped: $*"
}

founded
echo one >one
cp -a "$STRONGROOM_VAULT" before
cp -a "$STRONGROOM_STATE" state.then
BEFORE=before
again() {
	rm -rf "$STRONGROOM_VAULT" "$STRONGROOM_STATE" two
	cp -a "$BEFORE" "$STRONGROOM_VAULT"
	cp -a state.then "$STRONGROOM_STATE"
	[[ ! -d two.then ]] || cp -a two.then two
}

# The folder for a new object, which is opened to see whether it is there (near the end of a deposit).
opens=$(how_many open vault/objects/ as de deposit one --collection box)
((opens > 8)) || fail "$opens opens of objects in a deposit"
stopped=0
for ((n = opens - 8; n <= opens - 5; n++)); do
	again
	rc=0
	faulty "open $n 5" vault/objects/ as de deposit one --collection box >out 2>err || rc=$?
	((rc == 0 || rc == 5)) || fail "status $rc with open $n of $opens"
	((rc == 5)) || continue
	stopped=$((stopped + 1))
	has 'Input/output error'
	has 'what to do'
done
((stopped > 0)) || fail 'no open of an object stopped a deposit'
ok as de deposit one --collection box
ok sr scrub
has '; 0 findings'

# A change of keys that came to nothing, and whose new credential could not be taken away: it is named, and the vault opens as before.
again
rc=0
faulty 'unlink 1 28+' '' sr service rotate --unlock-new "$W/next.key" >out 2>err || rc=$?
((rc == 5)) || fail "status $rc of a change of keys where nothing can be removed"
has 'next.key opens nothing, and could not be removed .No space left'
ok sr verify
rm next.key
ok sr service rotate --unlock-new "$W/next.key"

# What the second copy is to be given cannot be read back: the system refused that, and nothing is called damaged.
again
ok sr second replace "$W/two"
cp -a "$STRONGROOM_VAULT" before.two
cp -a two two.then
BEFORE=before.two
places read write_batch as de deposit one --collection box
each read 5 'cannot be read back, so the second copy was left as it is: .*Input/output error' as de deposit one --collection box
BEFORE=before

# Under another name of the place a vault nothing would be remembered of it, and any vault be met for the first time.
again
DIRECT=1 places stat cli_connect as m1 verify
each stat 5 'the place of the vault, .*: Input/output error' as m1 verify

# A key is not refused, which would be on the record, when for want of memory it is not known whether the one before bears it out.
again
ok sr identity renew ri2.id --old ri.id --name 'Name of ri' --passphrase-file pass --old-passphrase-file pass
places memory sr_card_by_old as cu1 person rekey ri2.id.card
each memory 12 emory as cu1 person rekey ri2.id.card

# A scanner that the disk does not give is not one that was named wrongly.
again
printf "#!/bin/sh\n" >scan.sh && chmod +x scan.sh
echo "command $W/scan.sh" >scanners.txt
places stat sr_scanner_command sr intake scanners scanners.txt
each stat 5 'scan.sh: Input/output error' sr intake scanners scanners.txt

# Nor is a catalogue said to differ from the log for want of memory for its numbers.
again
places memory 'compare|compare_rows|compare_table' as m1 verify
! grep -E '^memory .* sr_stmt_col_bytes.* compare' stacks || fail 'a number is compared as a text that needs memory'

again
places memory init_sqlite as m1 verify
each memory 12+ emory as m1 verify

# Without memory for a path, for the rules or for what is put to them it says that: neither is anything said about a path or the
# rules, nor is anything refused.
again
places memory 'set_path|look|next_entry|first_of_root' as de deposit one --collection box
each memory 12 emory as de deposit one --collection box
again
UNDER=' (hooks|sr_op_submit)[+.]' DIRECT=1 places memory 'sr_text_parse' as de deposit one --collection box
GOES_ON=1 each memory 12 emory as de deposit one --collection box
again
UNDER=' put_uid.* maker_end' places memory put_uid as de deposit one --collection box
each memory 12 emory as de deposit one --collection box
again
DIRECT=1 places memory 'authorizer|sr_authorize_[a-z]+' as de deposit one --collection box
each memory 12 emory as de deposit one --collection box
# Nor that a mark of ours is gone, where SQLite, without memory, has taken back all that the group had done.
again
FAULT_PLACES=${FAULT_PLACES:-4} UNDER=' libsqlite3.* one_person.* sr_door_commit' places memory one_person as de deposit one --collection box
each memory 12 emory as de deposit one --collection box

# What cannot be looked at is not forged: nobody's statement is passed over, be it the end of a role; and no member is blamed for
# a bundle, with an incident that makes the vote void.
again
released one
granted "$ITEM"
rm -rf before state.then
cp -a "$STRONGROOM_VAULT" before
cp -a "$STRONGROOM_STATE" state.then
opens() { # WORDS of `as`: the checkout stands, or is made now; and it opens
	local checkout
	checkout=$(as ri checkouts --live --json | jq -r '.[0].id // empty')
	[[ -n $checkout ]] || checkout=$(as "$@" --json | jq -r .checkout)
	as ri cat "$checkout" 0
}
places memory sr_pieces_root as ri checkout "$ITEM" --grant "$GRANT"
AFTER=opens each memory 12 emory as ri checkout "$ITEM" --grant "$GRANT"
again
UNDER=' (over|sweep|sr_room_[a-z]+|sr_op_checkouts)[+.]' places memory sr_authorize_use as ri checkout "$ITEM" --grant "$GRANT"
AFTER=opens each memory 12 emory as ri checkout "$ITEM" --grant "$GRANT"
again
UNDER=sr_proofs_settle places memory sr_statement_verify as ri checkout "$ITEM" --grant "$GRANT"
AFTER=opens each memory 12 emory as ri checkout "$ITEM" --grant "$GRANT"

# A vault that is not founded is not the first at its place, when what is remembered of that cannot be read.
rm -rf "$STRONGROOM_VAULT" vault.key
empty
refused 3 'not founded: rolled back, or replaced' as m1 board show
rc=0
faulty 'open 1 5' state/pin- as m1 board show >out 2>err || rc=$?
((rc == 5)) || fail "status $rc of a pin that cannot be read"
has 'pin-[0-9a-f]*: .*Input/output error'

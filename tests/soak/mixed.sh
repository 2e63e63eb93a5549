#!/bin/bash
# One writer and 64 readers at once through one core, for an hour ($SOAK_S seconds, $READERS): deposits, releases, votes, grants,
# suspensions, revocations and destructions; lists, searches, checkouts, readings and returns. What is asserted all the while:
#
#   what was acknowledged before a reader began is what it sees; what was on its way may be seen or not, and nothing else
#   a reading gives the text of that item, whole, or is refused by a rule; never a failure, never another's text
#   nothing opens under a grant whose end was acknowledged; nobody opens what they have no grant for
#   everybody's memory of the log fits it (each client compares by itself, each time)
#
# and at the end: core holds as many descriptors as before and never had 128 MiB; the log replays to the same catalogue, an audit
# finds nothing, no block is damaged, and every acknowledged thing is as it was left.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.bash
. "$(dirname "$0")/../cli/lib.bash"

SOAK_S=${SOAK_S:-3600} READERS=${READERS:-64}
LIMIT_KIB=$((128 * 1024)) # of core
founded 3 2
for ((i = 0; i < READERS; i++)); do
	person "r$i"
	as cu1 person add "r$i.id.card" --role researcher --quiet >/dev/null
done
mkdir acked
# What the writer did: items ID NUMBER; grants GRANT READER ITEM NUMBER. A thing is in `ending` before its end is asked for,
# and in `ended` when that is acknowledged. Lines are short, so that each is written whole.
for f in items grants ending ended; do : >"acked/$f"; done
core
# What core has open, by name; connections come and go.
fds() { find "/proc/$CORE_PID/fd" -mindepth 1 -printf '%l\n' 2>/dev/null | sed 's/[0-9]*\]$//' | sort; }
text_of() { echo "this is the text of item $1, and of no other: $1 $1 $1"; }
on() { grep -qF -e "$1" "acked/$2"; } # THING LIST
going() { ((SECONDS < UNTIL)) && [[ ! -s failures ]]; }

# must STATUSES COMMAND...: in a folder of one's own; RC.
must() {
	local may=$1
	shift
	RC=0
	"$@" >my.out 2>my.err || RC=$?
	[[ " $may " == *" $RC "* ]] || bad "status $RC, want one of $may, of: $*"
}
bad() {
	{ echo "$ME: $*" && tail -n 5 my.err my.out; } >>"$W/failures"
	exit 1
}
count() { echo "$1" >>acts; }

# --- the writer ---
write_one() {
	local n=$1 item request grant reader=$((RANDOM % READERS))
	text_of "$n" >text
	must 0 as de deposit text --collection box --json
	item=$(jq -r '.item[0]' my.out)
	must 0 as cu1 describe "$item" --title "paper number $n"
	must 0 as cu2 release "$item"
	echo "$item $n" >>../acked/items
	must 0 as "r$reader" request "$item" --purpose research --ends 30d --reason 'the thesis' --json
	request=$(jq -r .request my.out)
	must 0 as m1 vote "$request" approve
	must 0 as m2 vote "$request" approve
	must 0 as "r$reader" grants --request "$request" --json
	grant=$(jq -r '.[0].id' my.out)
	echo "$grant $reader $item $n" >>../acked/grants
	((n % 3)) || end_grant
	((n % 5)) || end_item
	((n % 7)) || { must 0 as cu1 describe "$item" --title "paper number $n, described twice"; }
}
pick() { # LIST: a line of it that is not ending; a grant ends with its item, too
	local line id of
	shuf "../acked/$1" | while read -r line; do
		read -r id _ of _ <<<"$line"
		grep -qF -e "$id" ${of:+-e "$of"} ../acked/ending || { echo "$line" && break; }
	done
}
end_grant() {
	local line grant request
	line=$(pick grants)
	[[ -n $line ]] || return 0
	grant=${line%% *}
	echo "$grant" >>../acked/ending
	if ((RANDOM % 2)); then
		must 0 as m3 suspend "$grant" --reason 'a question'
	else
		must 0 as m1 revoke "$grant" --reason over --json # which is their vote, too
		request=$(jq -r .request my.out)
		must 0 as m2 vote "$request" approve
	fi
	echo "$grant" >>../acked/ended
}
end_item() {
	local line item request
	line=$(pick items)
	[[ -n $line ]] || return 0
	item=${line%% *}
	echo "$item" >>../acked/ending
	must 0 as m1 destroy "$item" --reason 'it ends' --json
	request=$(jq -r .request my.out)
	must 0 as m2 vote "$request" approve
	echo "$item" >>../acked/ended
}
writer() {
	local n=$FIRST
	ME=writer
	while going; do
		n=$((n + 1))
		(cd "$ME" && W=$W write_one "$n") || break
		echo "$n" >"$ME/last"
	done
}

# --- a reader ---
listed() {
	cp ../acked/items before && cp ../acked/ending going.before
	must 0 as "$ME" list --json
	jq -r '.[] | select(.state == "released") | .id' my.out | sort >have
	# Who was there before and has not begun to end by now.
	cut -d ' ' -f 1 before | sort | grep -vxFf <(cat ../acked/ending; echo none) >want || true
	[[ -z $(comm -23 want have) ]] || bad "not listed, though it was released before: $(comm -23 want have | head -n 1)"
	count listed
}
shown() {
	local line ended=no
	line=$(shuf -n 1 ../acked/items)
	[[ -n $line ]] || return 0
	on_record "${line%% *}" ended && ended=yes
	must '0 1' as "$ME" show "${line%% *}" --json
	if [[ $ended = yes ]]; then
		((RC == 1)) || [[ $(jq -r .state my.out) = destroyed ]] || bad "item $line is $(jq -r .state my.out), though it was destroyed"
	elif ! on_record "${line%% *}" ending; then
		[[ $RC = 0 && $(jq -r .state my.out) = released ]] || bad "item $line is not released"
	fi
	count shown
}
on_record() { grep -qF -e "$1" "../acked/$2"; }
read_one() { # a reading under a grant of one's own
	local grant reader item n ended=no checkout
	read -r grant reader item n < <(shuf ../acked/grants | grep " ${ME#r} " | head -n 1) || return 0
	{ on_record "$grant" ended || on_record "$item" ended; } && ended=yes
	while true; do
		must '0 1' as "$ME" checkout "$item" --grant "$grant" --json
		if ((RC == 1)); then
			on_record "$grant" ending || on_record "$item" ending || bad "refused under grant $grant, which was live"
			count refused
			return 0
		fi
		[[ $ended = no ]] || bad "a checkout of item $n under grant $grant, whose end was acknowledged"
		checkout=$(jq -r .checkout my.out)
		must '0 1' as "$ME" cat "$checkout"
		# In the minute after a destruction core forgets what is open, and its reader opens it again (core/core.c, renew).
		if ((RC == 0)) || ! grep -q 'is not open (in this process): open it again' my.err; then break; fi
		count reopened
		must '0 1' as "$ME" return "$checkout"
	done
	if ((RC == 0)); then
		[[ $(cat my.out) = "$(text_of "$n")" ]] || bad "item $n reads: $(head -c 200 my.out)"
		count read
	else
		on_record "$grant" ending || on_record "$item" ending || bad "nothing to read under grant $grant, which was live"
		count ended
	fi
	must '0 1' as "$ME" return "$checkout"
	((RC == 0)) || on_record "$grant" ending || on_record "$item" ending || bad "no return under grant $grant, which was live"
}
tried_without() { # what nobody gave this reader
	local line item
	line=$(shuf -n 1 ../acked/grants)
	[[ -n $line ]] || return 0
	read -r _ reader item _ <<<"$line"
	[[ r$reader != "$ME" ]] || return 0
	must 1 as "$ME" checkout "$item"
	count denied
}
others() {
	case $((RANDOM % 5)) in
	0) must 0 as "$ME" search 'paper' ;;
	1) must 0 as "$ME" grants --json ;;
	2) must 0 as "$ME" inbox ;;
	3) must 0 as "$ME" checkouts --json ;;
	4) must 0 as m3 request list --json ;;
	esac
	count others
}
reader() {
	ME=$1
	export STRONGROOM_STATE=$W/$ME/state
	cd "$W/$ME" || exit 1
	while ((SECONDS < UNTIL)) && [[ ! -s ../failures ]]; do
		case $((RANDOM % 8)) in
		0 | 1) listed ;;
		2) shown ;;
		3 | 4 | 5) read_one ;;
		6) tried_without ;;
		7) others ;;
		esac
	done
}
auditor() { # replays, exports and checks while all of it goes on
	ME=auditor
	export STRONGROOM_STATE=$W/$ME/state
	cd "$W/$ME" || exit 1
	while ((SECONDS < UNTIL)) && [[ ! -s ../failures ]]; do
		must 0 as au verify
		must 0 as ke scrub
		grep -q '0 findings' my.out || bad 'a scrub found something'
		count audited
		sleep 10
	done
}

mkdir writer auditor
for ((i = 0; i < READERS; i++)); do mkdir "r$i"; done
# A house that is in use: some items are there, and some of them are ended already.
FIRST=$((READERS / 4 + 4))
for ((n = 1; n <= FIRST; n++)); do (ME=writer && cd writer && write_one "$n") || fail "$(cat failures)"; done
fds >fds.before
UNTIL=$((SECONDS + SOAK_S))
RUNNING=()
began=$SECONDS
writer &
RUNNING+=($!)
auditor &
RUNNING+=($!)
for ((i = 0; i < READERS; i++)); do
	reader "r$i" &
	RUNNING+=($!)
done
for pid in "${RUNNING[@]}"; do wait "$pid" || true; done
took=$((SECONDS - began))
acts_done() { cat r*/acts auditor/acts 2>/dev/null | wc -l; }
if [[ -s failures ]]; then
	echo "$(acts_done) passed, $(grep -cE '^(r[0-9]+|writer|auditor): ' failures) failed"
	fail "$(head -n 20 failures)"
fi
kill -0 "$CORE_PID" 2>/dev/null || fail "core ended: $(cat core.err)"

# A pack, a file and a folder more may have been opened when they were first needed, and stay.
for _ in $(seq 50); do
	fds >fds.after
	AFTER=$(wc -l <fds.after)
	((AFTER > $(wc -l <fds.before) + 3)) || break
	sleep 0.1
done
((AFTER <= $(wc -l <fds.before) + 3)) || fail "core holds $AFTER descriptors: $(comm -13 fds.before fds.after | head -n 20)"
peak=$(awk '/^VmHWM:/ { print $2 }' "/proc/$CORE_PID/status")
((peak < LIMIT_KIB)) || fail "core took $peak KiB"
cat r*/acts auditor/acts 2>/dev/null | sort | uniq -c >sums || true
ok as au verify
ok as cu1 list --json
while read -r item n; do
	state=released
	! on "$item" ended || state=destroyed
	if ! on "$item" ending || on "$item" ended; then
		have=$(jq -r --arg id "$item" '.[] | select(.id == $id) | .state' out)
		[[ $have = "$state" || ($state = destroyed && -z $have) ]] || fail "item $n is '$have', want $state"
	fi
done <acked/items
core_stop
ok sr verify
ok sr scrub
has '0 findings'
ok sr rebuild
has equal
ok sr audit replay
for who in m1 cu1 ri de; do ok as $who verify; done
echo "$took s, $READERS readers: $(wc -l <acked/items) items, $(wc -l <acked/grants) grants, $(wc -l <acked/ended) ended;" \
	"$(awk '{ printf "%s%d %s", sep, $1, $2; sep = ", " }' sums); core at most $peak KiB, $AFTER descriptors"
for what in read denied listed audited; do
	((SOAK_S < 60)) || grep -q " $what\$" sums || fail "nothing was $what"
done
echo "ran $took of 3600 s"
echo "$(acts_done) passed, 0 failed"

#!/bin/bash
# The power goes at any moment of the main job, and the disk keeps of what was not flushed whatever it likes: the vault opens,
# nothing that was acknowledged is lost, nothing is half there. $CUTS moments (soak: many), from $SEED.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

recorder=$(dirname "$STRONGROOM_T")/recorder.so
[[ -f $recorder ]] || skip 'no recorder was built'
! sanitized || skip 'a sanitizer wants to be the first library'
powercut=$HERE/../faults/powercut
export STRONGROOM_VAULT=$W/disk/vault STRONGROOM_STATE=$W/disk/state
mkdir disk

founded
mkdir tree
for i in 1 2 3; do head -c 50000 /dev/urandom | base64 >tree/$i; done
"$powercut" --base "$W/disk" "$W/base"

# did WORDS COMMAND...: recorded; when it returns, that is what was acknowledged.
did() {
	local words=$1
	shift
	LD_PRELOAD=$recorder RECORD_ROOT=$W/disk RECORD_LOG=$W/log ok "$@"
	echo "A $words" >>"$W/log"
}
did 'items 1' as de deposit tree --collection box --json
ITEM=$(json item.0)
did 'titles 1' as cu1 describe "$ITEM" --title 'one of them'
did 'released 1' as cu2 release "$ITEM"
did 'requests 1' as ri request "$ITEM" --purpose research --form text --ends 9d --reason r --json
REQUEST=$(json request)
did 'votes 1' as m1 vote "$REQUEST" approve
did 'grants 1' as m2 vote "$REQUEST" approve
did 'opened 1' as ri checkout "$ITEM" --json
CHECKOUT=$(json checkout)
did 'returned 1' as ri return "$CHECKOUT"
did 'items 2' as de deposit tree --collection box --each file --json
did 'listed 1' as ri grants --json # it remembers, too
did 'erased 1' as m3 suspend "$(json 0.id)" --reason r

# What must hold on whatever the disk kept. In the folder of the disk.
cat >check <<'CHECK'
set -euo pipefail
cd "$W"
as() { local who=$1; shift; "$STRONGROOM_T" "$@" --as "$W/$who.id" --passphrase-file "$W/pass"; }
said() { cat "$W/check.out" "$W/check.err" >&2; echo "power cut: $*" >&2; exit 1; }
try() { "$@" >"$W/check.out" 2>"$W/check.err" || said "status $? of: $*"; }
# Whoever saw more of the log than it has would say so here: verify remembers for each of them.
for who in de cu1 ri m1; do try as $who verify; done
try "$STRONGROOM_T" scrub
grep -q '0 findings' "$W/check.out" || said 'scrub found something'
try as cu1 list --json
cp "$W/check.out" "$W/items"
# An item is there with all its files, or not at all.
for id in $(jq -r '.[].id' "$W/items"); do
	try as cu1 show "$id" --json
	jq -e '.files == 3 or .files == 1' "$W/check.out" >/dev/null || said "item $id is half there"
done
count() { jq "$1" "$W/items"; }
while read -r what n; do
	case $what in
	items) have=$(count length) n=$((n == 1 ? 1 : 4)) ;;
	titles) have=$(count '[.[] | select(.title == "one of them")] | length') ;;
	released) have=$(count '[.[] | select(.state == "released")] | length') ;;
	grants) try as ri grants --json && have=$(jq length "$W/check.out") ;;
	*) have=$n ;; # in the log, which verify compared with what people remember
	esac
	((have >= n)) || said "$what: have $have, $n were acknowledged"
done <"$W/disk/acknowledged"
CHECK
export W STRONGROOM_T ITEM
export -f jq
cuts() { "$powercut" "$@" "$W/log" "$W/base" "$W/disk" "$W/disk" "${CUTS:-6}" "${SEED:-$RANDOM}" bash "$W/check" >out 2>err; }
cuts || fail 'a power cut'
has 'what was acknowledged is there'
cat out
# And this sees what is not flushed: the same without the flushes of the journal.
! CUTS=${CUTS:-12} SEED=3 cuts --forget '/ledger/journal$' || fail 'a journal that is never flushed lost nothing'
has 'rolled back|have .* were acknowledged|status [135] of'
# Nor is the flush of everything else for nothing.
! CUTS=${CUTS:-12} SEED=4 cuts --forget '^syncfs$' || fail 'a file system that is never flushed lost nothing'

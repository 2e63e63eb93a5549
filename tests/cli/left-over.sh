#!/bin/bash
# A core that a scenario starts ends with it, however that ends: when it fails, is stopped, runs out of time, is killed, or when
# the run of all tests is.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

cat >inner.sh <<'END'
. "$LIB"
empty
core
echo "$CORE_PID $W" >"$NOTE.new"
mv "$NOTE.new" "$NOTE"
[[ $HOW != fail ]] || fail 'as it should'
sleep 100
END
export LIB=$HERE/lib.bash NOTE=$W/note HOW
# One that nobody has waited for yet is gone, too.
gone() {
	local state
	state=$(awk '{ print $3 }' "/proc/$1/stat" 2>/dev/null) || return 0
	[[ $state = Z ]]
}
for HOW in fail TERM KILL time check; do
	rm -f note
	case $HOW in
	time) timeout 600 bash inner.sh >inner.out 2>&1 & ;;
	check) J=1 bound "$SR_SOURCE/scripts/check" "$W/inner.sh" >inner.out 2>&1 & ;;
	*) bound bash inner.sh >inner.out 2>&1 & ;;
	esac
	BESIDE_PID=$!
	for ((i = 0; i < 3000; i++)); do [[ ! -e note ]] || break; sleep 0.02; done
	read -r core where <note || fail "no core: $(cat inner.out)"
	case $HOW in
	TERM) kill -TERM $BESIDE_PID ;;
	KILL | check) kill -KILL $BESIDE_PID ;;
	time) kill -ALRM $BESIDE_PID ;; # its clock has run out, whatever this machine has to do
	esac
	for ((i = 0; i < 3000; i++)); do ! gone "$core" || break; sleep 0.02; done
	gone "$core" || fail "the core outlives its scenario: $HOW"
	wait $BESIDE_PID 2>/dev/null || true
	BESIDE_PID=
	# What is killed leaves its folder.
	[[ $HOW = KILL || $HOW = check || ! -e $where ]] || fail "the scenario's folder is left: $HOW"
	[[ $where = */cli.* ]] || fail "no folder of a scenario: $where"
	rm -rf "$where"
done

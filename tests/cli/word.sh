#!/bin/bash
# What is looked up and not proven says so: on a terminal, on the page of its verb, in the manual; what is proven does not.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

command -v script >/dev/null || skip 'no script(1) to make a terminal'
# by NAME WORDS...: on a terminal.
by() {
	local who=$1
	shift
	script -qec "$(printf '%q ' "$STRONGROOM_T" "$@" --as "$W/$who.id" --passphrase-file "$W/pass")" /dev/null \
		>"$W/out" 2>&1 </dev/null
}
tty() { by ri "$@"; }

founded
echo text >f
released f
granted "$ITEM"
checked_out "$ITEM"
line="^-- the vault's word; proven is what .strongroom log."
while read -r -a verb; do
	ok sr "${verb[@]}" --help
	has "vault's word"
	case ${verb[*]} in
	show) more=("$ITEM") ;;
	search) more=(paper) ;;
	'request show') more=("$REQUEST") ;;
	*) more=() ;;
	esac
	tty "${verb[@]}" "${more[@]}" || fail "${verb[*]} on a terminal"
	has "$line"
	same "$(grep -c -- "$line" out)" 1 "${verb[*]}"
	same "$(tail -n 1 out | tr -d '\r')" "$(grep -- "$line" out | tr -d '\r')" "${verb[*]}: the last line"
	# Neither in a file nor in JSON, and not when asked to be quiet.
	ok as ri "${verb[@]}" "${more[@]}"
	hasnt "vault's word"
	tty "${verb[@]}" "${more[@]}" --json || fail "${verb[*]} --json on a terminal"
	hasnt "vault's word"
	tty "${verb[@]}" "${more[@]}" --quiet || fail "${verb[*]} --quiet on a terminal"
	hasnt "vault's word"
	if [[ -n ${SR_SOURCE:-} ]]; then
		sed -n '/^.Sh WHAT IS PROVEN/,/^.Sh LIMITS/p' "$SR_SOURCE/man/strongroom.1" | grep -qE "^\.Cm ${verb[*]} [,.]" ||
			fail "the manual does not say it of ${verb[*]}"
	fi
done <<'END'
list
show
search
person list
collection list
request list
request show
inbox
grants
checkouts
END
for verb in log verify 'board show' status; do
	# shellcheck disable=SC2086
	ok sr $verb --help
	hasnt "vault's word"
done
by au log || fail 'log on a terminal'
has 'found'
hasnt "vault's word"

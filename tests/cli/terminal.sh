#!/bin/bash
# Passphrases are asked on the terminal, without echo; a new one twice.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

command -v script >/dev/null || skip 'no script(1) to make a terminal'
# shellcheck disable=SC2094 # what is asked is read while it is written
ask() { # LINES... -- COMMAND...: types each line when it is asked for
	local lines=()
	while [[ $1 != -- ]]; do lines+=("$1") && shift; done
	shift
	: >"$W/out"
	(for ((i = 0; i < ${#lines[@]}; i++)); do
		for ((wait = 0; wait < 400 && $(grep -o 'Passphrase for' "$W/out" | wc -l) <= i; wait++)); do sleep 0.05; done
		printf '%s\n' "${lines[i]}"
	done && sleep 0.3) |
		script -qec "$(printf '%q ' "$@")" /dev/null >"$W/out" 2>&1
}
ask secret-words secret-words -- "$STRONGROOM_T" identity new "$W/a.id" --name Ada || fail 'identity new on a terminal'
has 'again'
hasnt 'secret-words'
echo secret-words >pass
ok sr identity age a.id --secret-to k --passphrase-file pass
ask one-and-another two-and-another -- "$STRONGROOM_T" identity new "$W/b.id" --name Bob && fail 'two different passphrases were taken'
has 'differ'
ask x -- "$STRONGROOM_T" identity new "$W/b.id" --name Bob && fail 'a passphrase of one letter was taken'
has 'at least 12 characters, this one has 1'
[[ ! -e $W/b.id ]] || fail 'a file was made'

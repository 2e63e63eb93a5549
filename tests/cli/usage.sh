#!/bin/bash
# Every verb has a page with an example; what is misspelled gets near verbs; usage ends with 2.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

ok sr --version
has '^strongroom [0-9]+[.][0-9]'
ok sr help
verbs=$(grep -E '^  [a-z]' out | awk '{ print substr($0, 3, 19) }')
count=0
while read -r verb; do
	# shellcheck disable=SC2086
	ok sr $verb --help
	has '^usage: strongroom'
	has '^example:'
	has '^  strongroom '
	count=$((count + 1))
	# shellcheck disable=SC2086
	ok sr help $verb
done < <(printf '%s\n' "$verbs")
# Every part of the list begins at a verb that there is.
# On a terminal a page of help is no wider than that; into a file each line is whole.
COLUMNS=60 ok sr describe --help
has '^ {32}input$'
[[ -z $(sed '1d; /^example/,$d' out | awk 'length > 60') ]] || fail 'a line of help is wider than the terminal'
COLUMNS=80 ok sr help
[[ -z $(awk 'length > 80' out) ]] || fail 'a line of the list is wider than the terminal'
ok sr describe --help
has '^  --description TEXT +what it is; - reads standard input$'
ok sr help
same "$(grep -cE '^[A-Z].*\((custodian|everybody|members|curators|researchers|auditors|officers|depositors|people)' out)" 16
((count >= 40)) || fail "$count verbs"
refused 2 'a verb is missing' sr
refused 2 'a verb is missing' sr --quiet
refused 2 'did you mean: vote' sr vot
refused 2 '"vot" is no verb' sr vot
refused 2 '"board" needs a second word' sr board shw
refused 2 'lists all verbs' sr xylophone
refused 2 'did you mean.*checkout' sr chekout
refused 2 'one of: new, deal' sr board
refused 2 'one of: new, deal' sr board shw
refused 2 'no option --colour' sr list --colour red
refused 2 'two dashes' sr list -l
ok sr -h
has '^  vote '
ok sr list -h
has '^usage: strongroom list'
refused 2 'needs a value' sr list --state
refused 2 'twice' sr list --state held --state held
refused 2 'takes no value' sr list --json=yes
refused 2 '"extra" is one word too many, 0 are taken' sr list extra
refused 2 'want 1' sr show
refused 2 'level: 2 after 3; want them ascending' sr board new --level 3 --level 2
refused 2 'who acts' sr list
person a
empty
refused 2 'number' as a list --limit many
refused 2 'time|date|like' as a request 12345678 --purpose p --ends someday --reason r

#!/bin/bash
# Everything that prints data prints JSON that parses, with the same facts.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo text >f
released f
granted "$ITEM"
checked_out "$ITEM"
whole() {
	"$@" --json >out 2>err || fail "status $? of $*"
	jq -e . out >/dev/null || fail "no JSON: $*"
	[[ ! -s err ]] || fail "beside its JSON it says: $(cat err): $*"
}
whole sr status
same "$(json released)" 1
whole as m1 board show
same "$(json members.0.index)" 1
whole as m1 board minutes
for verb in 'person list' 'collection list' list "show $ITEM" 'search paper' 'request list' "request show $REQUEST" inbox grants \
	checkouts "cat $CHECKOUT"; do
	# shellcheck disable=SC2086
	whole as ri $verb
done
whole as au log
same "$(jq -r '.[0].type' out)" found
whole sr verify
same "$(jq -c .problems out)" '[]'
whole sr scrub
whole sr rebuild
whole as ri return "$CHECKOUT"
same "$(json proven)" true
whole sr identity show ri.id
whole sr identity age ri.id
# So does what writes a file.
whole sr identity card ri.id --name 'Another name' --out another.card --passphrase-file pass
same "$(json file) $(json person)" "another.card $(who ri)"
whole as m1 request show "$REQUEST" --bundle request.bundle
same "$(json bytes)" "$(stat -c %s request.bundle)"
ok sr witness policy
log=$(grep -o 'test.example/vault+[^ ]*' out)
ok sr witness new w --name w.example/w --unlock-new w.key
whole sr witness log add w "$log"
same "$(json origin)" test.example/vault

#!/bin/bash
# What was destroyed leaves the packs, what shares a pack with it moves; files that nobody names go; who may collect.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
head -c 200000 /dev/urandom >noise
released noise
ok as ke collect --dry-run
has '1 items need [0-9.]+ .*in 1 packs'
has 'would remove 0 packs'
ok as ke collect
has 'removed 0 packs'
stray=$STRONGROOM_VAULT/packs/ab/ab$(printf '%062d' 0)
mkdir -p "${stray%/*}" "$STRONGROOM_VAULT/objects/cd"
head -c 5000 /dev/urandom >"$stray"
cp "$stray" "$STRONGROOM_VAULT/objects/cd/cd$(printf '%062d' 0)"
ok as ke collect --dry-run
[[ -e $stray ]] || fail 'a dry run removed something'
ok as ke collect
has 'removed 2 files that no entry of the log names'
[[ ! -e $stray && ! -e $STRONGROOM_VAULT/objects/cd/cd$(printf '%062d' 0) ]] || fail 'they are still there'
ok as ke collect --json
same "$(json strays)" 0
same "$(json steps)" 0
ok sr scrub
has '; 0 findings'
ok sr verify
# Two items of one pack: the larger one is destroyed while the other is open.
head -c 300000 /dev/urandom >large
seq 2000 >small
deposit --each file large small
small=$(json item.1 "$W/d.json") large=$ITEM
for i in "$small" "$large"; do
	ok as cu1 describe "$i" --title paper
	ok as cu2 release "$i"
done
granted "$small"
core
checked_out "$small"
ok as ri cat "$CHECKOUT"
ok as cu1 destroy "$large" --reason 'the contract ended' --json
end=$(json request)
ok as m1 vote "$end" approve
ok as m2 vote "$end" approve
ok as ke collect --dry-run --json
same "$(json sparse)" 1
ok as ke collect --json
same "$(json removed) $(json added)" '1 1'
ok as ri cat "$CHECKOUT"
cmp -s out small || fail 'not the file'
ok as ke scrub
has '; 0 findings'
ok as au log --type collect
has 'collect .*removed 1 .*added 1 '
ok as ke collect
has 'removed 0 packs'
refused 1 'role|custodian' as ri collect
core_stop
ok as ri cat "$CHECKOUT"
cmp -s out small || fail 'not the file, by a new process'
ok sr rebuild
has 'equal to the one before'
ok sr scrub
has '; 0 findings'

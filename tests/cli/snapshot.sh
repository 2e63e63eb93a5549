#!/bin/bash
# An older state of a vault's folder that is put back, or a copy of it that is opened, does not take the secrets of what came
# later with it: the second copy knows how long the log was.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

empty() { sr init --origin test.example/vault --unlock-new "$W/vault.key" --second "$W/one" >/dev/null; }
founded
cp -a vault older
printf 'came after the snapshot\n' >f
released f
sum() { cat one/* | sha256sum; }
was=$(sum)
# The snapshot: it would erase the slot that it does not know, here and in the second copy.
mv vault newest
cp -a older vault
refused 3 'rolled back: the second copy in .*/one was written when the log had [0-9]+ entries, and here it has [0-9]+' sr status
same "$(sum)" "$was" 'the second copy'
same "$(sha256sum <vault/secrets.db)" "$(sha256sum <older/secrets.db)" 'secrets.db'
rm -rf vault
mv newest vault
granted "$ITEM"
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
same "$OUT" 'came after the snapshot'
ok as ri return "$CHECKOUT"
# The ledger alone.
mv vault/ledger ledger
cp -a older/ledger vault/ledger
refused 3 'rolled back: .* was written when the log had' sr status
rm -rf vault/ledger
mv ledger vault/ledger
ok sr status
# Somebody looks at a copy, and writes in it: the vault itself is not led by what that left.
cp -a vault clone
printf 'in the copy alone\n' >g
STRONGROOM_STATE=$W/elsewhere ok as de deposit g --collection box --vault clone
refused 3 'rolled back: the second copy .* a copy of this vault was opened somewhere' sr status
has 'second replace PATH'
mv one away
ok sr second replace two
ok sr second show --json
same "$(json current)" true
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
same "$OUT" 'came after the snapshot'
ok sr verify

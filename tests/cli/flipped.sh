#!/bin/bash
# A flipped bit anywhere is named precisely; what can heal itself does, evidence never silently.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
head -c 200000 /dev/urandom | base64 >f
released f
granted "$ITEM"
checked_out "$ITEM"
cp -a vault good
cp -a state good-state
again() { # also what clients remember: scrubs and looks are in the log
	rm -rf vault state
	cp -a good vault
	cp -a good-state state
}

pack=$(find vault/packs -type f ! -name 'INV*' | head -n 1)
flip "$pack"
refused 3 "$(basename "$pack" | cut -c1-16)" sr scrub
has 'segment|offset'
refused 3 'tag|block|segment' as ri cat "$CHECKOUT"

again
envelope=$(find vault/items -type f | sort | tail -n 1)
flip "$envelope"
refused 3 "$(basename "$envelope")" sr scrub
refused 3 '.' as ri cat "$CHECKOUT"

again
object=$(find vault/objects -type f | head -n 1)
flip "$object"
refused 3 "$(basename "$object" | cut -c1-16)" sr scrub

again
flip vault/ledger/journal 3000
refused 3 'journal|ledger|entry' sr verify

for heals in catalogue.db index.db; do
	again
	flip "vault/$heals"
	ok as ri list
	has "on opening: .*${heals%.db}"
	has paper
	ok sr verify
	ok sr scrub
done

again
flip vault/secrets.db 5000
refused 3 'secrets.db' as ri cat "$CHECKOUT"
again
flip vault/keys/service
# Where the flipped byte stays within the alphabet, it looks like another passphrase (1); else like damage (3).
rc=0
sr status >out 2>err || rc=$?
((rc == 1 || rc == 3)) || fail "status $rc, want 1 or 3, of: status with a flipped keys/service"
has 'keys/service'
again
ok as ri cat "$CHECKOUT"
ok sr verify

#!/bin/bash
# The small files too: a flipped bit in checkpoint, configuration, inventory or root cell is named, or mended and told.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo text >f
released f
granted "$ITEM"
checked_out "$ITEM"
cp -a vault good
cp -a state good-state
again() {
	rm -rf vault state
	cp -a good vault
	cp -a good-state state
}

for at in 3 40 100 170; do
	again
	flip vault/ledger/checkpoint $at
	refused 3 'checkpoint' sr verify
done
# Of the line `fingerprint` the key is mended from the ledger, and told; all else is refused.
for ((at = 0; at < $(stat -c %s good/strongroom.conf); at += 3)); do
	again
	flip vault/strongroom.conf $at
	rc=0
	sr status >out 2>err || rc=$?
	has 'strongroom.conf'
	((rc != 0)) || has 'no fingerprint; written again'
done

# The inventory is kept for scrub, which says so, once, and writes it again.
size=$(stat -c %s vault/packs/INVENTORY)
for at in 5 60 130 $((size - 20)) names lost; do
	again
	case $at in
	names) flip vault/packs/INVENTORY.names 30 ;;
	lost) rm vault/packs/INVENTORY.names ;;
	*) flip vault/packs/INVENTORY "$at" ;;
	esac
	refused 3 'packs/INVENTORY' sr scrub
	has 'written again'
	ok sr scrub
	has '; 0 findings'
done
# What a power cut makes of the append after the last deposit is nobody's doing: zeros for bytes that never came, or an end
# too soon. The same in a vault that went on since is damage.
for from in 40 20; do
	again
	deposit f
	size=$(stat -c %s vault/packs/INVENTORY.names)
	dd if=/dev/zero of=vault/packs/INVENTORY.names bs=1 seek=$((size - from)) count=12 conv=notrunc status=none
	((from != 20)) || truncate -s $((size - from)) vault/packs/INVENTORY.names
	ok sr scrub
	has '; 0 findings'
	again
	size=$(stat -c %s vault/packs/INVENTORY.names)
	truncate -s $((size - from)) vault/packs/INVENTORY.names
	refused 3 'packs/INVENTORY' sr scrub
done
# What stands in the log already is not lost over it.
again
flip vault/packs/INVENTORY.names 0
deposit f
refused 3 'packs/INVENTORY' sr scrub
ok sr scrub

# Of each root in the root cell there are two; the slot that is not in use is random.
told=0
for at in 20 100 4116 4200; do
	again
	flip vault/secrets.db-root $at
	ok sr status
	grep -q 'secrets.db: one replica' out err && told=$((told + 1))
	ok as ri cat "$CHECKOUT"
done
((told == 2)) || fail "$told flips of the root cell were told, want 2"

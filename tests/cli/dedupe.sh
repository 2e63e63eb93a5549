#!/bin/bash
# The same files a second time add under one percent; in a collection without dedupe they are stored again.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
mkdir tree
for i in $(seq 30); do head -c 700000 /dev/urandom >"tree/$i"; done
deposit tree
before=$(du -sb vault/packs | cut -f1)
deposit tree
after=$(du -sb vault/packs | cut -f1)
((after - before < before / 100)) || fail "a second deposit added $((after - before)) bytes to $before"
collection apart --dedupe none
ok as de deposit tree --collection apart
third=$(du -sb vault/packs | cut -f1)
((third - after > before * 9 / 10)) || fail "without dedupe only $((third - after)) bytes were added"
ok sr scrub
has '0 findings'

# Many small files: what a manifest says of them is found again, too. All that evidence is made of counts, not only packs.
stored() { du -sb vault/packs vault/objects vault/items vault/ledger vault/secrets.db | awk '{ n += $1 } END { print n }'; }
mkdir many
head -c 33000000 /dev/urandom | split -b 11000 -d -a 4 - many/
deposit many
before=$(du -sb vault/packs | cut -f1) all=$(stored)
deposit many
after=$(du -sb vault/packs | cut -f1)
((after - before < 160000)) || fail "packs grew by $((after - before)) bytes for files that are there"
((after > before)) || fail 'the depositor can tell: no pack was added'
after=$(stored)
((after - all < 330000 + 160000)) || fail "the store grew by $((after - all)) bytes for files that are there"

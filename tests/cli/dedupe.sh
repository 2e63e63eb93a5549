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

#!/bin/bash
# A vault is known by its fingerprint: first contact is told, another vault in its place is refused.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
rm -rf state
ok as ri list
has 'first contact'
has "$FINGERPRINT"
ok as ri list
hasnt 'first contact'
refused 1 'fingerprint' as ri list --fingerprint "$(tr 0-9a-f 1-9a-f0 <<<"$FINGERPRINT")"
refused 2 '64 hex digits' as ri list --fingerprint abcd
ok as ri list --fingerprint "$FINGERPRINT"
# Another vault, founded by others, put in its place.
mv vault old
mv vault.key old.key
rm ./*.id ./*.card
STRONGROOM_STATE=$W/elsewhere founded
refused 3 'fingerprint' as m1 list
has 'nothing was signed'

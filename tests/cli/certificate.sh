#!/bin/bash
# The certificate of a destruction says less and less that it cannot promise: after the escrow of old backups was rotated,
# dead packs were collected, and catalogue and index were made anew.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
printf 'words to end\n' >f
released f
keys=(--secrets "$W/secrets" --escrow "$W/escrow" --secrets-passphrase-file pass)
ok sr backup "$W/copy" "${keys[@]}"
core
ok as cu1 destroy "$ITEM" --reason 'it ends' --json
end=$(json request)
ok as m1 vote "$end" approve
ok as m2 vote "$end" approve
ok as of certificate "$ITEM"
has '^secrets 0'
has '^envelopes 0'
has '^backups 1'
has '^collected none'
has '^databases pending'
has '^not-promised backups'
has 'databases +old pages of catalogue and index'
ok as ke status
has 'new keys +due for catalogue and index'
core_stop
ok sr backup "$W/copy" "${keys[@]}" --rotate-escrow
ok as ke collect
ok as of certificate "$ITEM" --out "$W/last.cert"
has '^backups 0'
has '^collected [1-9]'
has '^databases renewed'
hasnt 'not-promised (backups|databases)'
has '^not-promised media'
ok sr verify

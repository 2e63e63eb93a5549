#!/bin/bash
# Every verb goes through a running core: nobody but the custodian needs the service keys then.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
core
credential=$STRONGROOM_UNLOCK
export STRONGROOM_UNLOCK=
mv "$credential" hidden
ok sr status --as m1.id --passphrase-file pass
has 'through the running core'
head -c 3000000 /dev/urandom >f
deposit f
as cu1 describe "$ITEM" --title paper --quiet >/dev/null
ok as cu1 checkout "$ITEM" --right quarantine --json
ok as cu1 return "$(json checkout)"
ok as cu2 release "$ITEM"
granted "$ITEM"
checked_out "$ITEM"
refused 1 'binary|text' as ri cat "$CHECKOUT"
ok as ri checkouts --json
same "$(jq -r '.[0]["open-here"]' out)" true
ok as ri return "$CHECKOUT"
printf 'one\ntwo\n' >g
released g
granted "$ITEM"
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
same "$OUT" $'one\ntwo'
# Only one opening is on the record: the core kept it open.
ok as au log --type viewed --json
same "$(jq --arg c "$CHECKOUT" '[.[] | select(.fields[0][1] == $c and .fields[1][1] == "open")] | length' out)" 1
refused 1 'log in|role|needs' sr scrub
ok as ke scrub
ok as au verify
ok as ke rebuild
refused 4 'process' sr backup "$W/copy" --secrets "$W/s" --escrow "$W/escrow" --secrets-passphrase-file pass --unlock hidden
refused 4 'process' sr core --unlock hidden
mv hidden "$credential"
core_stop
[[ ! -e vault/run/core.sock ]] || fail 'the socket is left behind'
export STRONGROOM_UNLOCK=$credential
ok as ri cat "$CHECKOUT"
ok sr verify

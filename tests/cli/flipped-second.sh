#!/bin/bash
# With a second copy a damaged secrets.db is taken from there, and said so.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

mkdir second
empty() { sr init --origin test.example/vault --unlock-new "$W/vault.key" --second "$W/second" >/dev/null; }
founded
echo text >f
released f
granted "$ITEM"
checked_out "$ITEM"
flip vault/secrets.db 5000
ok as ri cat "$CHECKOUT"
same "$OUT" text
has 'on opening: .*(copy|second)'
ok as ri cat "$CHECKOUT"
hasnt 'on opening'
# The copy's disk is gone: looking goes on, deposits wait.
mv second away
ok as ri cat "$CHECKOUT"
refused 4 'copy' as de deposit f --collection box
mv away second
ok as de deposit f --collection box
ok sr status
has 'there and current'

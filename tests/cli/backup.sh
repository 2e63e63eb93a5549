#!/bin/bash
# A backup, restored elsewhere with its secrets file: the log goes on, live grants get new pieces by topup.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
printf 'words to keep\n' >f
released f
granted "$ITEM"
checked_out "$ITEM"
ok as ri return "$CHECKOUT"
echo 'another passphrase' >pass2
ok sr backup "$W/copy" --secrets "$W/secrets" --escrow "$W/escrow" --secrets-passphrase-file pass2
has 'read back and checked'
ok sr backup "$W/copy" --secrets "$W/secrets" --escrow "$W/escrow" --secrets-passphrase-file pass2 --json
((10#$(json skipped) > 0)) || fail 'a second backup copied everything again'
refused 1 'wrong' sr restore "$W/copy" "$W/new" --secrets "$W/secrets" --escrow "$W/escrow" --secrets-passphrase-file pass --no-second
[[ ! -e $W/new ]] || fail 'something was restored'
# Whatever was mistyped, the command that is corrected works: nothing is left in the way.
restore() { sr restore "$W/copy" "$W/new" --escrow "$W/escrow" --secrets-passphrase-file pass2 "$@"; }
mkdir "$W/new" "$W/disk2"
head -c 32 /dev/zero >other.key
refused 1 'wrong' restore --secrets "$W/secrets" --unlock other.key --no-second
refused 1 'nowhere' restore --secrets "$W/nowhere" --no-second
sed 's/^[0-9][0-9]*$/1/' "$W/copy/ledger/checkpoint" >forged
refused 3 'since: .*signature' restore --secrets "$W/secrets" --since forged --second "$W/disk2"
same "$(find "$W/new" "$W/disk2" -mindepth 1)" "" "what is left"
touch "$W/new/mine"
refused 1 'not empty .mine.: name an empty one' restore --secrets "$W/secrets" --no-second
rm "$W/new/mine"
ok restore --secrets "$W/secrets" --second "$W/disk2"
hasnt '0 packs'
rm -rf vault
export STRONGROOM_VAULT=$W/new
ok sr verify
ok sr scrub
has '0 findings'
ok as ri list
# Room keys are in no backup, a restore makes new ones: earlier pieces open nothing, those of topups do.
refused 1 'renewed at entry [0-9]+ .*2 topups are needed' as ri checkout "$ITEM" --grant "$GRANT"
has "strongroom vote ${REQUEST:0:12} topup\. Then, within 10 minutes of now, .strongroom cat"
ok as ri checkouts --live --json
ok as ri return "$(json 0.id)"
ok as m1 vote "$REQUEST" topup
ok as m2 vote "$REQUEST" topup
checked_out "$ITEM" --grant "$GRANT"
ok as ri cat "$CHECKOUT"
same "$OUT" 'words to keep'
# Without its secrets file a backup opens nothing, nor without the escrow.
refused 2 'secrets' sr restore "$W/copy" "$W/third" --no-second
refused 2 'escrow' sr restore "$W/copy" "$W/third" --no-second --secrets "$W/secrets"
refused 2 'escrow' sr backup "$W/copy" --secrets "$W/secrets" --secrets-passphrase-file pass2
refused 2 'lies in the backup' sr backup "$W/copy" --secrets "$W/secrets" --escrow "$W/copy/escrow" --secrets-passphrase-file pass2

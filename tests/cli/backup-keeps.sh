#!/bin/bash
# A backup takes nothing with it that may be the last of its kind: not what the vault has lost since the backup before, not a
# vault, not a later state, nobody else's files; and one bad sector keeps nobody from the rest.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
printf 'words to keep\n' >f
released f
cp -a vault older
backup() { sr backup "$1" --secrets "$W/secrets" --escrow "$W/escrow" --secrets-passphrase-file pass "${@:2}"; }
ok backup "$W/copy"
pack=$(cd vault && find packs -type f -size +20k | head -n 1)
object=$(cd vault && find objects -type f | head -n 1)
sum=$(sha256sum <"vault/$pack")

# Lost or cut here, whole there: it stays, and comes back as the advice says.
truncate -s 4096 "vault/$pack"
rm "vault/$object"
refused 3 'the backup is whole, the vault is not: 2 of its files cannot be read whole' backup "$W/copy"
has "what to do: copy what .strongroom scrub. names from $W/copy into the vault"
same "$(sha256sum <"copy/$pack")" "$sum" 'the pack of the backup'
refused 3 "$pack" sr scrub
has "$object"
cp "copy/$pack" "vault/$pack"
cp "copy/$object" "vault/$object"
ok sr scrub
# Damaged there: it is copied once more.
flip "copy/$pack" 5000
ok backup "$W/copy"
has 'damaged there, and copied once more: 1 files'
same "$(sha256sum <"copy/$pack")" "$sum" 'the pack of the backup'
# In both: the rest is a backup all the same, with the secrets of what came since.
flip "vault/$pack" 5000
flip "copy/$pack" 6000
rm secrets
refused 3 '1 of the files that the log names cannot be read whole in the vault, nor in the copy, the first: packs' backup "$W/copy" \
	--rotate-escrow
has 'the escrow is not rotated: secrets files made before still open'
ok sr restore "$W/copy" "$W/new" --secrets "$W/secrets" --escrow "$W/escrow" --secrets-passphrase-file pass --no-second
flip "vault/$pack" 5000

# Of the log the secrets file knows how long it was: a checkpoint that the backup has lost is signed anew, not over a log that
# was cut.
mv copy/ledger/checkpoint checkpoint
rm -r new
restore() { sr restore "$W/copy" "$W/new" --secrets "$W/secrets" --escrow "$W/escrow" --secrets-passphrase-file pass --no-second; }
ok restore
has 'checkpoint: it was gone or damaged, and is signed anew: the log has the [0-9]+ entries that the secrets file knows of'
STRONGROOM_STATE=$W/elsewhere ok sr verify --vault "$W/new"
mv copy/ledger/journal journal
cp older/ledger/journal copy/ledger/journal
mv new kept
refused 3 'rolled back: what this vault remembers shows [0-9]+ entries' restore
has 'nothing was made'
[[ ! -e new ]] || fail 'something was made'
mv kept new
mv journal checkpoint copy/ledger

# Where no backup goes. Its own folder would be copied onto itself, and the log that is open be lost.
ln -s vault link
refused 2 'is the vault itself, or lies in it' backup "$W/link"
refused 2 'is the vault itself, or lies in it' backup "$W/vault/backup"
refused 2 'is the vault itself, or lies in it' backup "$W/vault/backup//"
refused 1 'new is a vault and no backup' backup "$W/new"
mkdir -p theirs/items
echo mine >theirs/items/mine
echo mine >theirs/mine
refused 1 'no backup of a vault, and not empty .mine.' backup "$W/theirs"
refused 1 'is no secrets file of a backup' sr backup "$W/copy" --secrets "$W/vault/secrets.db" --escrow "$W/escrow" \
	--secrets-passphrase-file pass
refused 1 'is no secrets file of a backup' sr backup "$W/copy" --secrets "$W/ri.id" --escrow "$W/escrow" \
	--secrets-passphrase-file pass
ok sr verify
mv vault newest
mv older vault
refused 1 'has a log of [0-9]+ entries, and the one here has [0-9]+: this is an older state' backup "$W/copy"
mv vault older
mv newest vault
# Nor where the keys were changed since, and the older state cannot check the later log.
cp -a vault rotated
STRONGROOM_STATE=$W/elsewhere ok sr service rotate --vault "$W/rotated" --unlock-new "$W/next.key"
ok backup "$W/later" --vault "$W/rotated" --unlock "$W/next.key"
journal=$(sha256sum <later/ledger/journal)
refused 1 'has a log under a key or name that is not known here: this is an older state' backup "$W/later"
same "$(sha256sum <later/ledger/journal)" "$journal" 'the log of the later state'
# Nor over the secrets file of a later state, or of another vault.
cp secrets mine
sr backup "$W/later" --vault "$W/rotated" --unlock "$W/next.key" --secrets "$W/secrets" --escrow "$W/new.escrow" \
	--secrets-passphrase-file pass >out
cp secrets other.secrets
refused 1 'is the secrets file of no backup that the log here names' backup "$W/copy"
cmp secrets other.secrets || fail 'it was replaced'
mv mine secrets

# One sector that cannot be read.
shim=$(dirname "$STRONGROOM_T")/shim.so
if [[ ! -f $shim ]] || sanitized || counted; then exit 0; fi
faulty() { LD_PRELOAD=$shim FAULT="read 1 5+" FAULT_ROOT=$W/$1 FAULT_NAME=$pack "${@:2}"; }
rm secrets
refused 5 'cannot be read whole in the vault, nor in the copy, the first: .*Input/output error' faulty vault backup "$W/second"
[[ -e secrets && -e second/strongroom.conf && ! -e second/$pack ]] || fail 'the rest was not copied'
rm -rf new second
ok backup "$W/second"
refused 5 "the vault is restored, but 1 files of the backup could not be read, the first: packs/.*Input/output" faulty second \
	sr restore "$W/second" "$W/new" --secrets "$W/secrets" --escrow "$W/escrow" --secrets-passphrase-file pass --no-second
cp "second/$pack" "new/$pack"
STRONGROOM_STATE=$W/elsewhere ok sr scrub --vault "$W/new"
has '; 0 findings'

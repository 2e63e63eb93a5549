#!/bin/bash
# A backup that is restored on trial: seen with a memory of its own it harms nobody. Who remembered it is refused the vault, and
# has a way back, by the fingerprint of the minutes. The credential comes through standard input, as ADMIN.md has it.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo x >x
released x
echo 'words for the backup' >bp
unset STRONGROOM_UNLOCK
unlocked() { sr --vault "$W/vault" --unlock - "$@" <"$W/vault.key"; }
ok unlocked backup copy --secrets s --escrow es --secrets-passphrase-file bp
ok unlocked second show
ok unlocked witness policy
ok sr restore copy "$W/trial" --secrets s --escrow es --secrets-passphrase-file bp --no-second --unlock - <vault.key
export STRONGROOM_UNLOCK=$W/vault.key

mkdir apart
STRONGROOM_STATE=$W/apart ok as ke status --vault trial
ok as ke status
# The vault goes on, and so did the copy: they part.
ok as cu1 describe "$ITEM" --title y
STRONGROOM_STATE=$W/apart ok as au status --vault trial
ok as au status

# In the memory of the vault.
rm -r apart
cp -a state apart
rm "apart/${FINGERPRINT:0:16}-$(who ke).seen"
export STRONGROOM_STATE=$W/apart
ok as ke status --vault trial
refused 3 'forked|rolled back|does not lead' as ke status
mv "apart/${FINGERPRINT:0:16}-$(who ke).seen" aside
ok as ke status --fingerprint "$FINGERPRINT"
ok as ke status
ok unlocked passphrase --unlock-new k2
mv k2 vault.key
ok unlocked service rotate --unlock-new k2
mv k2 vault.key
ok as ke status

#!/bin/bash
# An older copy of the vault put back is noticed by everybody who saw more; nothing is signed then.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo text >f
released f
cp -a vault older
requested "$ITEM"
ok as m1 vote "$REQUEST" approve
mv vault newer
mv older vault
refused 3 'rolled back|shorter|verified before' as ri list
refused 3 'rolled back|shorter|verified before' as m1 inbox
has 'nothing was signed'
refused 3 'rolled back|shorter|verified before' as ri request "$ITEM" --purpose research --ends 9d --reason again
rm -rf vault
mv newer vault
ok as ri list

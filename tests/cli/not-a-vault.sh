#!/bin/bash
# What is no vault, a newer vault, and a folder that is taken are told apart, before any passphrase is asked.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

person a
mkdir folder
refused 1 'not a vault' sr status --vault "$W/folder" --as a.id --passphrase-file pass
has 'strongroom init'
refused 1 'not a vault|no such' sr status --vault "$W/nowhere"
# Only what the system refuses for want of rights is another user's; a name says nothing.
ln -s denied denied
refused 5 'denied: Too many levels of symbolic links' sr status --vault "$W/denied"
hasnt 'another user'
refused 2 'which vault' env -u STRONGROOM_VAULT "$STRONGROOM_T" status
empty
refused 1 'is there|exists|empty' sr init --origin again.example --unlock-new "$W/k2" --no-second
[[ ! -e k2 ]] || fail 'a credential of a vault that was not made'
ok sr status
has 'empty'
core
refused 1 'is not founded yet' as a status
has 'board deal'
core_stop
refused 1 'there is no draft of a founding statement' as a board deal
refused 1 'collect writes into the log, which begins when the vault is founded' sr collect
# A part of it that is gone is damage, and no other place is meant.
for part in keys/service items ledger/journal run; do
	mv "vault/$part" gone
	refused 3 "$part: no such f" sr status
	has 'what to do: a part of the vault is gone'
	mv gone "vault/$part"
done
rm -r vault/run
mkdir vault/run
ok sr status
if (($(id -u) != 0)); then
	chmod 0 vault/ledger
	refused 5 'Permission denied' sr status
	hasnt 'another user'
	chmod 700 vault/ledger
fi
sed -i 's/^format 1$/format 2/' vault/strongroom.conf
refused 1 'format 2|newer' sr status
has 'what to do'
refused 2 'second' sr init --vault "$W/v2" --origin o.example --unlock-new "$W/k3"
[[ ! -e v2 && ! -e k3 ]] || fail 'something was made'

#!/bin/bash
# A wrong passphrase or credential is the person's own input: refused, and said so. No terminal: said so.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

person a
empty
echo 'wrong' >wrong
head -c 32 /dev/urandom >wrong.key
sr board show --as a.id --passphrase-file wrong >out 2>err && fail 'a wrong passphrase was taken'
refused 1 'wrong passphrase' sr board show --as a.id --passphrase-file wrong
has 'what to do'
refused 1 'wrong' sr status --unlock wrong.key
has 'what to do'
refused 2 'terminal' setsid "$STRONGROOM_T" board show --as a.id
has 'passphrase-file'
: >nothing
refused 2 'empty' sr board show --as a.id --passphrase-file nothing
# A passphrase instead of a credential for the service keys.
STRONGROOM_UNLOCK='' refused 2 'service keys' setsid "$STRONGROOM_T" status
sr init --vault "$W/other" --origin o.example --no-second --service-passphrase-file pass >/dev/null
STRONGROOM_UNLOCK='' ok sr status --vault "$W/other" --service-passphrase-file pass
STRONGROOM_UNLOCK='' refused 1 'wrong' sr status --vault "$W/other" --service-passphrase-file wrong
# A credential file that is there is neither written over nor taken away: it may be what unlocks this vault, or another.
cp vault.key kept
for verb in passphrase 'service rotate' "init --vault $W/third --origin o.example --no-second" "witness new $W/w --name w.example/1"; do
	# shellcheck disable=SC2086
	refused 1 'there already' sr $verb --unlock-new "$W/vault.key"
	cmp -s vault.key kept || fail "$verb: the credential that was there is gone or another"
done
ok sr status

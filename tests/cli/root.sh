#!/bin/bash
# Root opens no vault of another user: one file of root's in it, and that user's core would not start any more.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

(($(id -u) == 0)) || skip 'only root can play two users'
command -v setpriv >/dev/null || skip 'no setpriv'
keeper=64001
founded
mkdir program spare
cp "$STRONGROOM_T" program/strongroom
chmod 711 "$W" program
chmod 755 program/strongroom
chown -R $keeper:$keeper vault vault.key spare
if [[ ! -x /dev/shm && $W = /dev/shm/* ]]; then skip '/dev/shm is closed'; fi
all() { find vault spare -printf '%p %u %i %s\n' | sort; }
all >before
says="belongs to the user .#$keeper.*sudo -u .#$keeper"
refused 1 "$says" sr status
refused 1 "$says" sr verify
refused 1 "$says" as m1 list
refused 1 "$says" sr passphrase --unlock-new next.key
refused 1 "$says" sr service rotate --unlock-new next.key
refused 1 "$says" sr second replace "$W/other"
refused 1 "$says" sr backup "$W/copy" --secrets "$W/secrets" --escrow "$W/escrow" --secrets-passphrase-file pass
refused 1 "$says" sr core --quiet
refused 1 "$says" sr recover begin ask --key rkey --unlock-new next.key
refused 1 "$says" sr init --vault "$W/spare" --origin test.example/other --unlock-new next.key --no-second
all | cmp before - || fail 'something of the vault is another'
[[ ! -e next.key && ! -e copy && ! -e rkey ]] || fail 'a file was made'

setpriv --reuid $keeper --regid $keeper --clear-groups --pdeathsig KILL "$W/program/strongroom" core --quiet 2>core.err &
CORE_PID=$!
for _ in $(seq 200); do
	[[ ! -S vault/run/core.sock ]] || break
	kill -0 $CORE_PID || fail "core ended: $(cat core.err)"
	sleep 0.05
done
ok as m1 list # through core anybody may

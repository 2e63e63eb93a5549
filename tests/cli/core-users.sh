#!/bin/bash
# Two users of the machine: the researcher reads no file of the vault, and does the whole job through the core.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

(($(id -u) == 0)) || skip 'only root can play two users'
command -v setpriv >/dev/null || skip 'no setpriv'
keeper=64001 reader=64002
founded
printf 'only for eyes\n' >f
mkdir desk program
cp "$STRONGROOM_T" program/strongroom
cp ri.id pass desk/
chmod 711 "$W" program
chmod 755 program/strongroom
chown -R $keeper:$keeper vault vault.key
chown -R $reader:$reader desk
if [[ ! -x /dev/shm && $W = /dev/shm/* ]]; then skip '/dev/shm is closed'; fi
by() { # UID COMMAND...
	local id=$1
	shift
	setpriv --reuid "$id" --regid "$id" --clear-groups env -u STRONGROOM_UNLOCK HOME="$W/desk" STRONGROOM_STATE="$W/desk/state" "$@"
}
setpriv --reuid $keeper --regid $keeper --clear-groups --pdeathsig KILL "$W/program/strongroom" core --quiet 2>"$W/core.err" &
CORE_PID=$!
for _ in $(seq 200); do
	[[ ! -S vault/run/core.sock ]] || break
	kill -0 $CORE_PID || fail "core ended: $(cat core.err)"
	sleep 0.05
done
unset STRONGROOM_UNLOCK
released f
requested "$ITEM"
as m1 vote "$REQUEST" approve --quiet >/dev/null
as m2 vote "$REQUEST" approve --quiet >/dev/null
# Not one file of the vault opens for the reader, nor can any folder be listed.
find vault >all
while read -r path; do
	[[ $path != vault/run/core.sock ]] || continue
	! by $reader cat "$path" >/dev/null 2>&1 || fail "the reader reads $path"
	! by $reader ls "$path" 2>/dev/null | grep -q . || [[ ! -d $path ]] || fail "the reader lists $path"
done <all
ri() { by $reader "$W/program/strongroom" "$@" --as "$W/desk/ri.id" --passphrase-file "$W/desk/pass"; }
ok ri search paper
ok ri checkout "$ITEM" --json
CHECKOUT=$(json checkout)
ok ri cat "$CHECKOUT"
same "$OUT" 'only for eyes'
ok ri return "$CHECKOUT"
# Without the core: told what to do.
core_stop
refused 5 'denied' ri list
has 'the vault belongs to another user of this machine: ask its custodian to start .strongroom core.'
# Nor does the administrator of the machine open it, who reads no other's files (and leaves counts where those of a test go).
refused 5 'denied' setpriv --bounding-set=-dac_override,-dac_read_search env -u STRONGROOM_UNLOCK "$STRONGROOM_T" verify --quiet
has 'the vault belongs to another user of this machine: ask its custodian to start .strongroom core.'

#!/bin/bash
# Keys that cannot be locked in memory are not taken into it: the refusal says the limit and how to raise it.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

! sanitized || skip 'a sanitizer answers mlock itself'
founded
# A process whose limit is KIB; root's right to ignore limits is taken from it.
limited() {
	local kib=$1
	shift
	if (($(id -u) == 0)); then
		prlimit --memlock=$((kib << 10)) setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock "$@"
	else
		prlimit --memlock=$((kib << 10)) "$@"
	fi
}
limited 8192 true 2>err || skip "this process can give away no rights: $(cat err)"
ok limited 8192 "$STRONGROOM_T" status
for kib in 0 64 1020; do
	refused 5 'cannot be locked in memory' limited "$kib" "$STRONGROOM_T" status
	has "the limit is $((kib << 10))"
	has 'ulimit -l'
	has 'LimitMEMLOCK'
	# Nothing was begun: no key file is opened, no socket made.
	refused 5 'cannot be locked in memory' limited "$kib" "$STRONGROOM_T" core --quiet
	[[ ! -S vault/run/core.sock ]] || fail 'core listens without locked memory'
done
ok sr status

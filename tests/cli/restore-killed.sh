#!/bin/bash
# A restore that is killed leaves no vault, at whatever step: what opened would take the second copy of the vault that was
# backed up for its own, and leave in it what a younger log does not know. One that fails leaves nothing, in its second place
# either.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

empty() { sr init --origin test.example/vault --unlock-new "$W/vault.key" --second "$W/one" >/dev/null; }
founded
echo 'another passphrase' >pass2
ok sr backup copy --secrets secrets --escrow escrow --secrets-passphrase-file pass2
printf 'came after the backup\n' >f
ok as de deposit f --collection box --json
cp -r one before
restore() { # STEP:ERROR OPTION...
	local fault=$1 rc=0
	shift
	SR_FAULT=$fault sr restore copy new --secrets secrets --escrow escrow --secrets-passphrase-file pass2 "$@" >out 2>err || rc=$?
	return $rc
}
# The first step at which it has keys, by halves; from there on, more and more steps until it succeeds.
lo=1 hi=512
while ((lo < hi)); do
	mid=$(((lo + hi) / 2))
	rm -rf new
	restore "$mid:-1" --no-second || true
	if [[ -e new/keys/service ]]; then hi=$mid; else lo=$((mid + 1)); fi
done
whole='' n=0
for ((step = lo; step < 1000 && n < 40; step += n < 12 ? 1 : 61, n++)); do
	rm -rf new
	! restore "$step:-1" --no-second || {
		whole=1
		break
	}
	refused 1 'is not a vault' sr status --vault new
done
[[ -n $whole ]] || fail 'it never succeeded'
same "$(cat one/* | sha256sum)" "$(cat before/* | sha256sum)" 'the second copy of the vault that was backed up'
whole=''
for ((step = lo + 20; step < 1000; step += 19)); do
	rm -rf new three
	mkdir three
	if restore "$step:28" --second "$W/three"; then
		((++whole < 3)) && continue
		break
	fi
	[[ ! -e new && -z $(ls -A three) ]] || fail "step $step: left: $(ls -d new three/* 2>/dev/null)"
done
# Where a second copy of whatever vault lies, none is put.
rm -rf new
refused 1 'lies a second copy already' sr restore copy new --secrets secrets --escrow escrow --secrets-passphrase-file pass2 \
	--second "$W/one"
[[ ! -e new ]] || fail 'something was made'

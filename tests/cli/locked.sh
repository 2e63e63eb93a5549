#!/bin/bash
# One writer at a time: the second is told which process has the vault.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
mkfifo pipe
bound "$STRONGROOM_T" deposit - --name slow --collection box --as "$W/de.id" --passphrase-file "$W/pass" <pipe >first.out 2>first.err &
first=$!
exec 7>pipe
echo 'some bytes' >&7
for _ in $(seq 200); do
	[[ ! -s vault/run/lock ]] || break
	sleep 0.05
done
sleep 0.3
refused 4 'process [0-9]+' sr status
has 'what to do'
refused 4 'process [0-9]+' sr service rotate --unlock-new "$W/new.key"
has 'what to do: end .strongroom core. first: it holds the vault'
[[ ! -e new.key ]] || fail 'a credential of keys that were not changed'
pid=$(grep -oE 'process [0-9]+' err | grep -oE '[0-9]+')
same "$(cat "/proc/$pid/comm")" "$(basename "$STRONGROOM_T")"
exec 7>&-
wait "$first" || fail "the first ended badly: $(cat first.err)"
ok sr status
refused 1 'no collection has the name "bos"' as de deposit first.out --collection bos
has 'strongroom collection list. shows their names and ids'
# Where core answers, whoever needs the vault alone is told to end it, and before any secret is asked for.
core
unset STRONGROOM_UNLOCK
for verb in "backup $W/copy --secrets $W/s --escrow $W/e" 'witness policy' "second replace $W/other" \
	"passphrase --unlock-new $W/new.key" "service rotate --unlock-new $W/new.key"; do
	for unlock in '' "--unlock $W/vault.key"; do
		# shellcheck disable=SC2086
		refused 4 'core. runs and holds the vault' sr $verb $unlock
		has 'what to do: end .strongroom core. first.*start core again'
		hasnt 'in a moment|nobody else needs it'
	done
done
core_stop
refused 2 'give --unlock F' sr witness policy </dev/null
hasnt 'nobody else needs it'
refused 2 'nobody else needs it' as m1 list </dev/null

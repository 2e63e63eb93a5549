#!/bin/bash
# What there is of secrets.db is older than the log: the second copy was away while something was erased, and then the disk here
# lost it. Nothing is lost but what was added since; and where nothing is left, the newest backup's secrets file has the rest.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

empty() { sr init --origin test.example/vault --unlock-new "$W/vault.key" --second "$W/one" >/dev/null; }
accept() { sr second accept --confirm 'what was added since is lost' "$@"; }
founded
printf 'words to keep\n' >f
released f
granted "$ITEM"
refused 1 'as new as the ledger says: there is nothing to accept' accept
keys=(--secrets "$W/secrets" --escrow "$W/escrow" --secrets-passphrase-file pass)
ok sr backup "$W/copy" "${keys[@]}"
mv one away
ok as ri close "$GRANT"
ok sr scrub
mv away one
rm vault/secrets.db*
refused 3 'no such database; the second copy is at generation [0-9]+, the ledger says [0-9]+' sr status
has 'second accept. goes on without what was added since'
hasnt 'put it back from a backup'
refused 2 'confirm' sr second accept
ok accept
has 'taken from the second copy'
has '1 room keys of ended requests and grants were erased'
hasnt 'lost for ever'
ok sr second show --json
same "$(json current)" true
ok as au log --type incident --json
same "$(json 0.fields.0.1)" restored
granted "$ITEM"
checked_out "$ITEM" --grant "$GRANT"
ok as ri cat "$CHECKOUT"
same "$OUT" 'words to keep'

# What was added since is named.
KEPT=$ITEM
cp -a vault/secrets.db* .
cp -a one one.kept
printf 'came later\n' >g
deposit g
granted "$KEPT"
cp -a secrets.db* vault
cp -a one.kept/. one
refused 3 'second accept' sr verify
# Killed at any step, it is ended by another: what opening itself commits hides from nobody that an older one was accepted.
cp -a vault vault.lost && cp -a one one.lost && cp -a state state.lost
killed=0 kept=0
for nth in 6 16 22; do
	rc=0
	SR_FAULT=$nth:-1 sr second accept --confirm 'what was added since is lost' >out 2>err || rc=$?
	((rc == 137)) || break
	killed=$((killed + 1))
	noted=0 opens=0
	[[ ! -e vault/run/older ]] || noted=1
	sr status >out 2>err && opens=1
	if ((noted && opens)); then
		has 'an older one was accepted, and that was broken off: .strongroom second accept. again ends it'
		kept=$((kept + 1))
	fi
	if ((noted || !opens)); then # else all was done
		ok accept
		has "item $ITEM has no slot"
	fi
	[[ ! -e vault/run/older ]] || fail "step $nth: not done"
	ok as au log --type incident --json
	has restored
	ok as m1 vote "$REQUEST" topup
	rm -rf vault one state
	cp -a vault.lost vault && cp -a one.lost one && cp -a state.lost state
done
((killed == 3 && kept == 2)) || fail "$killed kills, of them $kept in the midst"
ok accept --json
[[ $(json notes) = *"item $ITEM has no slot: it is lost for ever"* ]] || fail 'the lost item is not named'
ok sr verify
ok sr scrub

# Nobody writes in what is restored from.
core
refused 4 'vault is a vault that is open: .*held by process' sr restore "$W/vault" "$W/other" "${keys[@]}" --no-second
[[ ! -e other ]] || fail 'something was made of an open vault'
core_stop

# Nothing left: the folder itself is restored, with the log as it is.
rm -rf vault/secrets.db* one
refused 3 'the second copy in .*: no such folder; put it or its copy back; if both are lost, restore this folder itself' sr status
refused 3 'restore this folder itself' accept
mv vault lost
ok sr restore "$W/lost" "$W/vault" "${keys[@]}" --second "$W/two"
has "item $ITEM has no slot"
hasnt "item $KEPT has no slot"
hasnt 'an older file was put back'
ok as ri list
ok sr verify
ok sr scrub
has '; 0 findings'

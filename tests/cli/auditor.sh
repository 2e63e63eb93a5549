#!/bin/bash
# Epochs of the log's key: an auditor who comes reads from then on, with an export and their identity alone; what was before
# takes a vote that names the epoch; who goes opens nothing new. What is wrong with an export is found.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
person nu
nu=$(who nu) au=$(who au)
ok as m1 auditor list --json
same "$(jq -r '[.epochs[].epoch] | join(" ")' out)" 1
same "$(json epochs.0.auditor)" "$au"

# Somebody new: by vote, and a new epoch begins.
refused 1 'house-asks-for-acts' as ri auditor add nu.id.card --reason why
ok as of auditor add nu.id.card --reason 'the external audit' --json
ask=$(json request)
ok as m1 vote "$ask" approve
ok as m2 vote "$ask" approve
ok as m1 auditor list
has "^ *2 .*($au, $nu|$nu, $au)"
echo text >f
released f
ok as nu log --json
[[ $(jq -r '[.[] | .type] | index("release")' out) != null ]] || fail 'the new auditor does not read what came since'
same "$(jq -r '[.[] | .type] | index("found")' out)" null
first=$(jq -r '.[0].index' out)
ok as nu log
has "^$first entries are of epochs that were not given to you"
ok as au log grep 'kind collection' --json
secret=$(json 0.index)
refused 1 'not for p-' as nu log disclose "$secret" --out no
ok as au log --json
same "$(jq -r '.[0].type' out)" found
same "$(jq -r length out)" "$(jq -r '.[-1].index + 1' out)"
ok as of log --json
same "$(jq -r '.[0].type' out)" found

# With an export and the identity, nothing else: no vault is there.
ok as cu1 log export "$W/export"
[[ -s export/epochs/1 ]] || fail 'no keys of epochs beside the log'
(
	export STRONGROOM_VAULT=$W/nowhere
	ok as nu log show --export "$W/export" --json
	same "$(jq -r '.[0].index' out)" "$first"
	ok as nu log show --export "$W/export" --type release
	has "^$first entries are of epochs that were not given to you"
	has 'signatures are of people who were introduced in those: not checked'
	ok as au log show --export "$W/export" --lines --fingerprint "$FINGERPRINT"
	same "$(head -n 1 out | jq -r .type)" found
	cp out whole
	ok as au log --export "$W/export" --fingerprint "$FINGERPRINT"
	has 'signatures are good'
	hasnt 'not checked'
	jq -c . whole >sorted
	cmp -s sorted whole || fail 'the lines are not canonical'
	ok as au log grep release --export "$W/export" --key "$(cat export/vkey)"
	has ' release '
	refused 1 'no epoch of it is sealed' as m1 log show --export "$W/export"
	refused 3 'another vault' as au log show --export "$W/export" --fingerprint "${FINGERPRINT//[0-4]/9}"
	sr witness new "$W/w" --name one.example/w --unlock-new "$W/w.key" >w.vkey
	printf 'witness w %s\nquorum w\n' "$(grep -o 'one.example/w+[^ ]*' w.vkey | head -n 1)" >policy
	refused 1 'cosign' as au log show --export "$W/export" --witnesses policy
)
same "$(jq -r '.type' whole | grep -c key-epoch)" 2

# What was before, by a vote that names the epoch.
refused 1 'no-such-epoch' as of auditor add "$nu" --from 7 --reason why
refused 1 'epochs-given' as of auditor add "$au" --from 1 --reason why
refused 1 'epochs-given' as of auditor add "$nu" --from 2 --reason why
refused 1 'not-an-auditor' as of auditor add "$(who ri)" --from 1 --reason why
ok as of auditor add "$nu" --from 1 --reason 'they go back to the founding' --json
give=$(json request)
ok as m1 vote "$give" approve
refused 1 'not for p-' as nu log disclose "$secret" --out no
ok as m2 vote "$give" approve
has 'decided: the epochs are given'
ok as nu log disclose "$secret" --out yes
ok as nu log --json
same "$(jq -r '.[0].type' out)" found
ok as m1 auditor list
has "epochs 1 to 2 were given to $nu"
ok as cu1 log export "$W/export"
ok as nu log show --export "$W/export" --json
same "$(jq -r '.[0].type' out)" found
ok as nu log show --export "$W/export"
hasnt 'not given to you|not checked'

# Who goes reads no further, neither from the vault nor from an export.
refused 2 'is no auditor' as of auditor end "$(who ri)" --reason why
ok as of auditor end "$nu" --reason 'the contract is over' --json
end=$(json request)
ok as m1 vote "$end" approve
ok as m2 vote "$end" approve
ok as m1 auditor list
has '^ *3 '
released f
refused 1 'no role|not a person' as nu log
ok as cu1 log export "$W/export"
ok as nu log show --export "$W/export" --json
last=$(jq -r '.[-1].index' out)
same "$(jq -r '.[-1].type' out)" key-epoch
ok as nu log show --export "$W/export"
has 'entries are of epochs that were not given to you'
ok as au log show --export "$W/export" --json
(($(jq -r '.[-1].index' out) > last + 3)) || fail 'nothing came after the new epoch'
[[ $(jq -r '.[-1].type' out) != key-epoch ]] || fail 'the last entry is the new epoch'

# A key of another epoch, of another person, or none: found, or named as missing, never believed.
cp -r export forged
cp export/epochs/1 forged/epochs/"$last"
rm -f forged/epochs/[2-9]*
cp export/epochs/1 forged/epochs/9999
ok as au log show --export "$W/forged"
has 'entries are of epochs that the log says were sealed to you'
bundle=$(find export/tile/entries -type f | head -n 1)
cp -r export broken
flip "${bundle/export/broken}" 3000
refused 3 'do not make the root|bundle|entry' as au log show --export "$W/broken"
rm -r broken/epochs
refused 1 'no folder epochs' as au log show --export "$W/broken"
ok sr verify
ok sr rebuild
has equal

#!/bin/bash
# Members say once a year that their share still opens: each for themselves, with the share in hand. Who has another key has
# none, and the board is warned while no more can open theirs than it takes.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded 3 2
M2=$(who m2)
ok as m1 board show --json
same "$(jq '[.confirmed[] | select(. != null)] | length' out)" 3 'an acceptance is a confirmation'
ok as m1 board show
hasnt 'Warning'
has 'CONFIRMED'
ok as m2 board check
has 'member 2 opened the share of every level'
ok as m2 board check --json
same "$(json member)" 2
refused 1 'none of the 3 members' as ri board check
ok as au log --type confirm --json
same "$(jq length out)" 2

# Another key: the share was dealt to the one before.
ok sr identity renew m2b.id --old m2.id --name 'Name of m2' --passphrase-file pass --old-passphrase-file pass
ok as cu1 person rekey m2b.id.card
# Until the share is brought over to it, the new key opens no piece of a recovery either: told, with the way back.
ok sr status
echo 'new words' >new
ok sr recover begin r.ask --key r.key --new-passphrase-file new --json
refused 3 'own shares of member 2: key commitment does not match' as m2b recover piece r.ask --out m2.piece --fingerprint "$(json fingerprint)"
has 'what to do: a share is dealt to one key: with a new one, .board restore-share. comes first'
refused 1 'dealt to the key before' as m2b board check
ok as m1 board show --json
same "$(jq -r --arg p "$M2" '.confirmed[$p]' out)" null
ok as m1 board show
has 'Warning: 2 of 3 members confirmed their share within a year, and it takes 2'
has 'no: another key'

# The board deals anew, to the key of now; m2 does not deal, having nothing.
ok as m1 board reshare --reason 'm2 has another key' --json
R=$(json request)
ok as m1 vote "$R" approve
ok as m3 vote "$R" approve
refused 1 'not-a-dealer|none of the 2 who deal' as m2b board deal
for m in m1 m3; do ok as $m board deal; done
for m in m1 m2b m3; do ok as $m board accept; done
ok as m2b board check
ok as m1 board show
hasnt 'Warning'
ok sr verify

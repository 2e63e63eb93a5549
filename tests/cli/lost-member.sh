#!/bin/bash
# A member's identity file is gone. With the recovery sheet and a new key that the board gave, the share is theirs again,
# and a vote has a piece; a wrong letter is found in its line. With the old identity at hand no sheet is needed.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded 3 2,3
ok as m1 board sheet
cp out m1.sheet
ok as m1 board sheet --out file.sheet
cmp m1.sheet file.sheet || fail 'a sheet differs from the other of the same share'
has 'shred'
same "$(stat -c %a file.sheet)" 600
refused 1 'there already' as m1 board sheet --out file.sheet
refused 1 'none of the 3 members' as cu1 board sheet
grep -q "^# fingerprint $FINGERPRINT$" m1.sheet || fail 'the sheet does not name its vault'

# Lost: a new key, by the board.
echo text >f
released f
m1=$(who m1)
rm m1.id
sr identity renew new.id --person "$m1" --name 'Name of m1' --passphrase-file pass >/dev/null
ok as of person rekey new.id.card --reason 'the laptop is gone' --json
request=$(json request)
ok as m2 vote "$request" approve
ok as m3 vote "$request" approve
requested "$ITEM"
refused 1 'dealt to the key before.*restore-share' as new vote "$REQUEST" approve
refused 1 'dealt to the key before' as new board sheet

# Typed back, with mistakes.
grep -v '^#' m1.sheet | tr '[:upper:]' '[:lower:]' >typed
refused 2 'sheet F' as new board restore-share
wrong=$(sed -n 3p typed | tr 'a-z0-9' 'b-za1-90')
sed "3s/.*/03${wrong:2}/" typed | tr 'ilou' 'jkpv' >bad
refused 1 'does not check.*: 03$' as new board restore-share --sheet bad
has 'what to do: correct what was typed'
sed 4d typed >bad
refused 1 'line 05 stands where line 04 should' as new board restore-share --sheet bad
refused 1 'that of member 1, and this is member 2' as m2 board restore-share --sheet typed
refused 1 'none of the 3 members' as cu1 board restore-share --sheet typed
before=$(sha256sum <vault/keys/service.board)
ok as new board restore-share --sheet typed --json
same "$(json member)" 1
[[ $(sha256sum <vault/keys/service.board) != "$before" ]] || fail 'keys/service.board still has the box to the key before'
ok as new board sheet
cmp out m1.sheet || fail 'the share that came back is another one'
ok as new vote "$REQUEST" approve
ok as m2 vote "$REQUEST" approve
ok as ri checkout "$ITEM" --json
ok as ri cat "$(json checkout)" 0
has text
# The service keys can be given back with it.
ok sr recover begin r.ask --key r.key --unlock-new k --json
said=$(json fingerprint)
for n in new m2 m3; do ok as $n recover piece r.ask --out $n.piece --fingerprint "$said"; done
ok sr recover finish new.piece m2.piece m3.piece --key r.key --unlock k
export STRONGROOM_UNLOCK=$W/k

# Replaced, not lost: the old identity is enough.
sr identity renew m2b.id --old m2.id --old-passphrase-file pass --name 'Name of m2' --passphrase-file pass >/dev/null
ok as cu1 person rekey m2b.id.card
refused 1 'dealt to the key before' as m2b board sheet
refused 3 'own shares of member 2' as m2b board restore-share --old m3.id --old-passphrase-file pass
ok as m2b board restore-share --old m2.id --old-passphrase-file pass
requested "$ITEM"
ok as m2b vote "$REQUEST" approve
ok as new vote "$REQUEST" approve
ok sr verify
ok sr rebuild
has 'equal to the one before'
ok as au log --type share --json
same "$(jq length out)" 2

# A sheet of another vault: other keys. One at `accept`: the same as afterwards.
person x1
mkdir other
export STRONGROOM_VAULT=$W/other/vault STRONGROOM_UNLOCK=$W/other/key
sr init --origin other.example/vault --no-second --unlock-new other/key >/dev/null
sr board new --member x1.id.card m3.id.card --level 2 --curator cu1.id.card --officer of.id.card \
	--auditor au.id.card --custodian ke.id.card --i-accept-loss "$(loss 2 2)" --json >draft
for n in x1 m3; do ok as $n board deal --fingerprint "$(json fingerprint draft)"; done
ok as x1 board accept
refused 1 'there already' as m3 board accept --sheet draft
ok as m3 board accept --sheet at-accept
has 'sheet is written'
ok as m3 board sheet
cmp out at-accept || fail 'the sheet at accept is another one'
refused 1 'of other keys than the board has' as x1 board restore-share --sheet typed

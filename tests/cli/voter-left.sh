#!/bin/bash
# Who renewed their key, voted with it and left the board voted all the same: what they decided and gave pieces for is believed
# by whoever comes later, who is shown whose votes those are.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded 4 2
person y cu3
m4=$(who m4)
echo text >f
released f
ok sr identity renew m4b.id --name 'Name of m4' --old m4.id --old-passphrase-file pass --passphrase-file pass
ok as cu1 person rekey m4b.id.card
ok as m4b board restore-share --old m4.id --old-passphrase-file pass
requested "$ITEM"
for m in m1 m4b; do ok as "$m" vote "$REQUEST" approve; done
has granted
ok as m1 person add cu3.id.card --role curator --json
R=$(json request)
for m in m1 m4b; do ok as "$m" vote "$R" approve; done
# They have the last word on who comes after them.
ok as m1 board reshare --leave "$m4" --join y.id.card --json
R=$(json request)
for m in m1 m4b; do ok as "$m" vote "$R" approve; done
for m in m1 m2; do ok as "$m" board deal; done
for m in m1 m2 m3 y; do ok as "$m" board accept; done
rm -rf state
for p in m1 y ri; do
	ok as $p board show --json
	same "$(json epoch)" 2 $p
done
ok as ri grants --request "$REQUEST" --json
checked_out "$ITEM" --grant "$(json 0.id)"
rm -rf state
ok as ri cat "$CHECKOUT" 0
has text
# Whose role rests on such a vote.
ok as cu3 describe "$ITEM" --title 'by the third'
rm -rf state
ok as m2 person show "$(who cu3)"
has 'roles +curator'

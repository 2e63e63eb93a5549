#!/bin/bash
# A new key for the same person: lost or not, who may give it, what it does not inherit, and what others are shown.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded 3 2
echo text >f
released f
granted "$ITEM"
ri=$(who ri) cu1=$(who cu1) m1=$(who m1)
renew() { sr identity renew "$W/$1.id" --name "Name of $1" --passphrase-file "$W/pass" "${@:2}"; }
refused 2 'old FILE|--person' renew lost
ok renew lost --person "$ri"
ok renew kept --person "$cu1"
has 'not in force yet'
refused 1 'is not the one in force for' as kept list
has 'what to do: this identity file holds another key.*until then the one before does'
# A researcher whose passphrase is lost.
refused 1 'no person' as de person rekey lost.id.card
ok as cu1 person rekey lost.id.card
has 'the new key is in force'
has "ask anew: ended is grant $GRANT"
refused 1 "an earlier key of $ri: since entry [0-9]+" as ri inbox
has 'what to do: this identity file holds another key'
hasnt 'Compare the fingerprint'
ok as lost list
ok as lost request "$ITEM" --purpose research --ends 9d --reason 'the same thesis' --json
REQUEST=$(json request)
ok as m2 request show "$REQUEST"
has "new key of +$ri"
has "given by +$cu1"
ok as m1 vote "$REQUEST" approve
ok as m2 vote "$REQUEST" approve
ok as lost grants --request "$REQUEST" --json
ok as lost checkout "$ITEM" --json
ok as lost cat "$(json checkout)" 0
# A curator: with the old key's word one other person is enough, without it the board decides.
ok as of person rekey kept.id.card --reason 'the laptop is gone' --json
request=$(json request)
ok as m1 vote "$request" approve
ok as m2 vote "$request" approve
has 'the new key is in force'
refused 1 'an earlier key of' as cu1 list
ok renew twice --old kept.id --old-passphrase-file pass
refused 1 'own-card' as kept person rekey twice.id.card
ok as of person rekey twice.id.card
ok as twice list
# A vote counts that was given with the key before; its voter has another one now.
ok renew m1b --old m1.id --old-passphrase-file pass
ok as twice person rekey m1b.id.card
ok as lost return "$(json 0.id <(as lost checkouts --live --json))"
ok as lost checkout "$ITEM" --json
ok as lost cat "$(json checkout)" 0
ok as m1b board show
refused 1 'dealt to the key before' as m1b vote "$(as lost request "$ITEM" --purpose research --ends 9d \
	--reason again --json | jq -r .request)" approve
# Another name.
ok as twice identity card m1b.id --name 'Another name' --out m1.card
ok as twice person set m1.card
ok as of person show "$m1"
has 'Another name'
ok sr verify
ok sr rebuild
ok as au log

#!/bin/bash
# ADMIN, "A lost passphrase", as it stands there: a researcher, a curator, an auditor, the custodian. (A member:
# lost-member.sh; what unlocks the vault: lost-custodian.sh.)
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded 3 2,3
echo text >f
lost() { # NAME: the identity file is gone, a new key says whose it is
	local person
	person=$(who "$1")
	rm "$1.id"
	ok sr identity renew "${1}2.id" --person "$person" --name "Name of $1" --passphrase-file pass
	has 'not in force yet'
}
by_board() { # NAME: the officer asks, two members agree
	ok as of person rekey "${1}2.id.card" --reason 'passphrase lost' --json
	local request
	request=$(json request)
	ok as m1 vote "$request" approve
	ok as m2 vote "$request" approve
	has 'the new key is in force'
}

# A researcher: one curator is enough, who has met her. Her grant ends, for it was sealed to the key that is lost.
released f
granted "$ITEM"
lost ri
ok as cu1 person rekey ri2.id.card
has "ended is grant $GRANT"
ok as ri2 request "$ITEM" --purpose research --ends 9d --reason 'the same thesis'

# A curator: not by one alone. New deposits are theirs again.
lost cu2
refused 3 'signature' as cu22 list # before the board agreed
by_board cu2
deposit f
ok as cu1 describe "$ITEM" --title paper
ok as cu22 release "$ITEM"

# An auditor: proves on with receipts.
lost au
by_board au
ok as au2 log --json
ok as au2 verify

# The custodian's identity.
lost ke
by_board ke
ok as ke2 scrub
ok sr verify
ok sr rebuild

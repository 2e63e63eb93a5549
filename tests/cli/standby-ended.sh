#!/bin/bash
# A word that a standby board takes over counts while whoever said it is what they said it as: the board ends a custodian, an
# auditor gets another role, a member of the standby board is ended. The vault and everybody who looks count alike.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded 3 2
person s1 s2 s3 ke2
voted() { # what m1 asks, by m1 and m2
	ok as m1 "$@" --json
	local r
	r=$(json request)
	for m in m1 m2; do ok as "$m" vote "$r" approve; done
}
said() {
	ok as of board show
	has "said so: members $1, custodian $2, auditor $3"
}
voted person add ke2.id.card --role custodian
ok as cu1 person add s3.id.card --role researcher
voted board reshare --standby --join s1.id.card s2.id.card s3.id.card --quorum 2:2
for m in m1 m2; do ok as "$m" board deal; done
for s in s1 s2 s3; do ok as "$s" board accept; done

for p in ke au s3; do ok as "$p" board takeover; done
said 1 yes yes
voted person end "$(who ke)" --reason misconduct
said 1 no yes
# What somebody gets besides changes nothing of what they said before.
voted person add au.id.card --role custodian
said 1 no yes
# Nor does one curator or officer take a seat that a quorum gave; the board does.
ok as cu1 person end s3.id.card --reason 'has left'
said 1 no yes
voted person add s3.id.card --role curator
voted person end "$(who s3)" --reason misconduct
has 'a standby board waits without them'
said 0 no yes
refused 1 'seat-ended' as s3 board takeover
for s in s1 s2; do ok as "$s" board takeover; done
hasnt 'the board now'
said 2 no yes
# Who is back says it again.
voted person add ke.id.card --role custodian
said 2 no yes
ok as ke board takeover
has 'the standby board is the board now'
ok as s1 board show --json
same "$(json epoch)" 2
# The board is the others'.
ok as cu1 person show "$(who s3)"
hasnt 'roles +member'
ok as cu1 person show "$(who s1)"
has 'roles +member'
ok as au audit replay
ok sr rebuild
has 'equal'

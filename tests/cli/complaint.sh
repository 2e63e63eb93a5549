#!/bin/bash
# The ceremony's unhappy path: a bad share, a complaint, the answer, who was wrong, and everybody deals anew; then a false
# complaint, answered; then the third run opens the board and it works.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

person m1 m2 m3 cu1 cu2 of au ke ri de
empty
sr board new --member m1.id.card m2.id.card m3.id.card --level 2,3 --curator cu1.id.card cu2.id.card \
	--officer of.id.card --auditor au.id.card --custodian ke.id.card --i-accept-loss "$(loss 3 3)" --json >draft.json
FINGERPRINT=$(json fingerprint draft.json)
ok as m1 board deal --fingerprint "$FINGERPRINT"
ok as m2 board deal --fingerprint "$FINGERPRINT"
# Member 3 deals a bad share to member 2.
SR_BAD_SHARE=2 ok as m3 board deal --fingerprint "$FINGERPRINT"
refused 1 'member 1 has dealt in run 1 already' as m1 board deal
ok as au board show
has 'Run 1: waiting for member 1 .*member 3'
ok as m1 board accept
refused 3 'dealer 3: level 2: share for member 2' as m2 board accept
has 'board reveal'

# Everybody sees that the run is void, and what is next.
ok as au board show
has 'Run 1 is void: member 2 \(Name of m2\) complained of the share of level 2'
has 'Nobody knows yet who is right: member 3 \(Name of m3\) has not answered'
has 'Run 2: waiting for member 1 .*member 2 .*member 3'
has 'board deal'
ok as m3 inbox
has 'reveal .*board reveal'
has 'deal .*board deal'
refused 1 'not all members have dealt in run 2' as m3 board accept
refused 1 'no complaint about member 1' as m1 board reveal
ok as m3 board reveal
refused 1 'no complaint about member 3' as m3 board reveal
ok as au board show
has 'The complaint is right. The dealer was wrong: member 3 \(Name of m3\)'
has 'does not fit the dealer.s commitments'
ok as au board show --json
same "$(json complaints.0.complaint)" right
same "$(json run-number)" 2

# The second run: one by one; who is missing keeps the board closed.
ok as m1 board deal
has 'member 1 has dealt in run 2'
refused 1 'member 1 has dealt in run 2' as m1 board deal
ok as m3 board deal
ok as au board show
has 'Run 2: waiting for member 2 \(Name of m2\)'
refused 1 'waiting for member 2' as m1 board accept
ok as m2 board deal
# Member 1 says that member 3 cheated again, and lies.
SR_FALSE_COMPLAINT=3 refused 3 'complain|void' as m1 board accept
ok as m3 board reveal
ok as m2 board show
has 'Run 2 is void: member 1 \(Name of m1\)'
has 'The complaint is false. The complainer was wrong: member 1 \(Name of m1\)'
has 'opens and fits the commitments'

# The third run opens the board, and votes open an item.
for m in m3 m2 m1; do ok as $m board deal; done
for m in m1 m2 m3; do ok as $m board accept; done
ok as au board show
has ', open'
has 'The dealer was wrong: member 3'
hasnt 'waiting for'
ok as cu1 person add ri.id.card --role researcher
ok as cu1 person add de.id.card --role depositor
collection box
echo 'the text' >f
released f
granted "$ITEM"
checked_out "$ITEM"
ok as ri cat "$CHECKOUT" f
has 'the text'
ok as au verify
ok as au audit replay --quiet

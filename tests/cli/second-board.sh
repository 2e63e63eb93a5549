#!/bin/bash
# The founders name a second board: no sentence of loss is asked; when all of them accepted, the first of them deal once
# more, the second board's people accept, and until then nothing can be deposited. Then it waits, and takes over when the
# first one is lost; what was sealed opens.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

person m1 m2 m3 cu1 cu2 of au ke ri de s1 s2 s3 x1 x2
empty
new() {
	sr board new --member m1.id.card m2.id.card m3.id.card --level 2,3 --curator cu1.id.card cu2.id.card \
		--officer of.id.card --auditor au.id.card --custodian ke.id.card "$@"
}
# Without one the sentence is asked, and how to have one is said; what cannot be is refused before anybody signs.
refused 2 'losing 1 of 3 shares loses the archive' new
has 'second board.*--standby CARD'
refused 2 'level 3 takes 3 of the second board.s 2 members' new --standby s1.id.card s2.id.card
refused 2 'of whom' new --standby-quorum 3:2
refused 2 'has no level 4' new --standby s1.id.card s2.id.card s3.id.card --standby-quorum 4:2
refused 2 'want LEVEL:K' new --standby s1.id.card s2.id.card s3.id.card --standby-quorum 3
refused 2 'sits on the board, and the standby board is other people' new --standby s1.id.card m2.id.card s3.id.card
refused 2 'on the standby board twice' new --standby s1.id.card s2.id.card s1.id.card
refused 2 'no fewer than the level below' new --standby s1.id.card s2.id.card s3.id.card --standby-quorum 2:3,3:2
ok new --standby s1.id.card s2.id.card s3.id.card --standby-quorum 3:2 --json
FINGERPRINT=$(json fingerprint)
ok as m1 board deal --fingerprint "$FINGERPRINT"
grep -q 'the second board, which waits: level 3 takes 2 of 3' err || fail 'who signs is shown the second board'
grep -q 'standby  *p-[0-9a-f]*  Name of s2' err || fail 'and its people'
for m in m2 m3; do ok as "$m" board deal --fingerprint "$FINGERPRINT"; done
for m in m1 m2; do ok as "$m" board accept; done
ok as m3 board accept
has 'deal to the standby board'

# One commit: the board is open and the second half of the ceremony is under way.
ok as au log --type reshare --json
same "$(jq length out)" 1
ok as m2 board show
has 'A dealing to a standby board is under way: then 2, 2 of these 3'
has 'waiting for a member of now .Name of m1.*Name of m2.*Name of m3'
ok as m1 inbox
has 'board deal'
ok as cu1 person add ri.id.card --role researcher
ok as cu1 person add de.id.card --role depositor
collection box
echo 'kept' >old.txt
refused 1 'standby-due' as de deposit old.txt --collection box
has 'the standby board that the founders named has no shares yet'
for m in m1 m2; do ok as "$m" board deal; done
refused 1 'not all members have dealt' as s1 board accept
ok as m3 board deal
for s in s1 s2; do ok as "$s" board accept; done
refused 1 'standby-due' as de deposit old.txt --collection box

# A kill in the last acceptance: it waits, or it does not, and with it the deposits.
cp -a vault vault.before
cp -a state state.before
before=0 after=0
for ((n = 1; n < 400; n += 5)); do
	rm -rf vault state && cp -a vault.before vault && cp -a state.before state
	rc=0
	SR_FAULT="$n:-1" as s3 board accept >/dev/null 2>&1 || rc=$?
	((rc == 137)) || break
	ok as of log --type standby --json
	if [[ $(jq length out) == 1 ]]; then
		after=$((after + 1))
		ok as de deposit old.txt --collection box
	else
		before=$((before + 1))
		refused 1 'standby-due' as de deposit old.txt --collection box
		ok as s3 board accept
		ok as de deposit old.txt --collection box
	fi
done
((rc == 0 && before > 2 && after > 0)) || fail "kills: status $rc after $n, $before before, $after after"
rm -rf vault state && cp -a vault.before vault && cp -a state.before state
ok as s3 board accept
has 'it waits'
ok as m1 board show
has 'A standby board waits'
ok as m1 board show --json
same "$(json epoch)" 1
KEY=$(json levels.1.key)
HAZARD=personal-data released old.txt
requested "$ITEM"
ok as m1 vote "$REQUEST" approve
ok sr verify
ok sr rebuild
has 'equal'
ok as au audit replay --json
same "$(json findings)" 0

# The day of the loss: the second board's people, custodian and auditor; the secrets are the same.
for p in s1 s3 ke au; do ok as "$p" board takeover; done
ok as s1 board show --json
same "$(json epoch)" 2
same "$(json levels.1.key)" "$KEY"
refused 1 'no role in this vault|not a member' as m2 vote "$REQUEST" approve
for s in s1 s2; do ok as "$s" vote "$REQUEST" approve; done
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
same "$OUT" kept
ok sr verify

# Its people never came: a quorum names others, and those count as well.
rm -rf vault state && mv vault.before vault && mv state.before state
ok as m1 board reshare --standby --join x1.id.card x2.id.card --quorum 3:2 --json
R=$(json request)
for m in m1 m2; do ok as "$m" vote "$R" approve; done
refused 1 . as s3 board accept
refused 1 'standby-due' as de deposit old.txt --collection box
for m in m1 m2 m3; do ok as "$m" board deal; done
for s in x1 x2; do ok as "$s" board accept; done
ok as de deposit old.txt --collection box
ok as au audit replay --json
same "$(json findings)" 0

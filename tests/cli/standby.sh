#!/bin/bash
# A standby board: other people get shares of the same keys and wait. They vote on nothing and no piece is taken of them;
# when the board is lost, members of theirs, a custodian and an auditor take over, and what was sealed before opens.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded 3 2,3
person s1 s2 s3 ke2
echo 'kept' >old.txt
HAZARD=personal-data released old.txt
OLD=$ITEM
requested "$OLD"
PENDING=$REQUEST
ok as m1 board show --json
KEY=$(json levels.1.key)

# A custodian who came after the founding: whoever believes the takeover must be shown why that is one.
ok as m1 person add ke2.id.card --role custodian --json
R=$(json request)
for m in m1 m2; do ok as "$m" vote "$R" approve; done

refused 2 'its members are those of --join' as m1 board reshare --standby
refused 2 'nobody leaves' as m1 board reshare --standby --leave "$(who m3)" --join s1.id.card s2.id.card s3.id.card
refused 1 'standby-apart.*sits on the board' as m1 board reshare --standby --join s1.id.card s2.id.card m3.id.card
ok as m1 board reshare --standby --join s1.id.card s2.id.card s3.id.card --quorum 2:2,3:2 --json
R=$(json request)
for m in m1 m2; do ok as "$m" vote "$R" approve; done
has 'deal to a standby board'
ok as m2 board show
has 'A dealing to a standby board is under way'
refused 1 'no standby board waits' as au board takeover
for m in m1 m2 m3; do ok as "$m" board deal; done
ok as s1 board accept
ok as s2 board accept
ok as au log --type standby --json
same "$(jq length out)" 0
ok as s3 board accept
has 'it waits'
ok as au log --type standby --json
same "$(jq length out)" 1

# The board is the one before, and those who wait are nobody here.
ok as m1 board show
has 'A standby board waits'
has 'said so: members 0, custodian no, auditor no'
ok as m1 board show --json
same "$(json epoch)" 1
refused 1 'may see' as s1 vote "$PENDING" approve
ok as m1 vote "$PENDING" approve
ok as m1 inbox --json
same "$(jq '[.[] | select(.what == "deal" or .what == "accept")] | length' out)" 0
ok as s1 inbox --json
same "$(jq 'length' out)" 0
# Once a year they open their shares, and are asked to, who have no role. (In a copy: what waits here would lapse.)
cp -a vault later.vault
cp -a state later.state
later() { SR_TIME_AHEAD=$(($1 * 86400)) STRONGROOM_VAULT=$W/later.vault STRONGROOM_STATE=$W/later.state "${@:2}"; }
ok as m1 board show --json
same "$(jq '.["standby-confirmed"] | length' out)" 3
ok later 340 as s1 inbox
has 'check .*board check'
ok later 340 as ke notices list --json
same "$(jq '[.[] | select(.what == "share-due")] | length' out)" 6
ok later 340 as m1 board show
hasnt 'of the standby board confirmed'
for s in s1 s2; do ok later 370 as "$s" board check; done
ok later 370 as s1 inbox
has 'nothing waits'
ok later 370 as m1 board show
has 'Warning: 2 of 3 of the standby board confirmed'
ok later 370 as s3 board check
ok later 370 as m1 board show
hasnt 'of the standby board confirmed'
rm -rf later.vault later.state
# Its dealings are gone with the ceremony key, and it outlives a restore, an opening, and new service keys.
ok sr verify
ok sr rebuild
has 'equal'
ok sr service rotate --unlock-new next.key
export STRONGROOM_UNLOCK=$W/next.key

# A backup holds it, too: the vault that is restored after the loss is what it is for.
echo 'of the secrets' >pass2
ok sr backup "$W/copy" --secrets "$W/secrets" --escrow "$W/escrow" --secrets-passphrase-file pass2
ok sr restore "$W/copy" "$W/new" --secrets "$W/secrets" --escrow "$W/escrow" --secrets-passphrase-file pass2 --no-second
cp -a state state.here
restored() { STRONGROOM_VAULT=$W/new "$@"; }
for p in s1 s3 ke au; do ok restored as "$p" board takeover; done
ok restored as s1 board show --json
same "$(json epoch)" 2
same "$(json levels.1.key)" "$KEY"
rm -rf state && mv state.here state

# Who may take over, and each once.
refused 1 'not-a-standby' as m1 board takeover
refused 1 'not-a-standby' as cu1 board takeover
ok as s1 board takeover
refused 1 'taken-over-already' as s1 board takeover
ok as au board takeover
ok as ke2 board takeover
ok as of board show
has 'said so: members 1, custodian yes, auditor yes'
ok as m1 board show --json
same "$(json epoch)" 1
cp -a vault vault.before
cp -a state state.before
# A kill in it: said or not said, and with it the switch, whole.
before=0 after=0
for ((n = 1; n < 400; n += 3)); do
	rm -rf vault state && cp -a vault.before vault && cp -a state.before state
	rc=0
	SR_FAULT="$n:-1" as s2 board takeover >/dev/null 2>&1 || rc=$?
	((rc == 137)) || break
	ok as of log --type takeover --json
	said=$(jq length out)
	ok as of board show --json
	case $said$(json epoch) in
	31) before=$((before + 1)) ;;
	42) after=$((after + 1)) ;;
	*) fail "killed at step $n: $said said so, epoch $(json epoch)" ;;
	esac
done
((rc == 0 && before > 2 && after > 1)) || fail "kills: status $rc after $n, $before before, $after after"
rm -rf vault state && cp -a vault.before vault && cp -a state.before state
ok as s2 board takeover
has 'the standby board is the board now'

# One switch: the keys are the same, what waited is theirs to decide, and the board of before is nobody.
ok as s1 board show --json
same "$(json epoch)" 2
same "$(json levels.1.key)" "$KEY"
hasnt '"taking'
refused 1 'no role in this vault|not a member' as m2 vote "$PENDING" approve
ok as s1 vote "$PENDING" approve
ok as s3 vote "$PENDING" approve
checked_out "$OLD"
ok as ri cat "$CHECKOUT"
same "$OUT" kept
ok as s1 board check
refused 1 'no standby board waits' as s3 board takeover
ok sr verify
ok sr rebuild
has 'equal'
# They are who give the service keys back, from now on.
ok sr recover begin r.ask --key r.key --unlock-new third.key --json
said=$(json fingerprint)
for s in s2 s3; do ok as "$s" recover piece r.ask --out "$s.piece" --fingerprint "$said"; done
refused 1 'none of the 3 members' as m1 recover piece r.ask --out m1.piece --fingerprint "$said"
ok sr recover finish s2.piece s3.piece --key r.key --unlock third.key
has 'service keys are new ones'
export STRONGROOM_UNLOCK=$W/third.key
ok as s1 board show --json
same "$(json epoch)" 2

# The same vault before the switch: the board that is there after all decides anew, and the one that waited is forgotten.
rm -rf vault state && mv vault.before vault && mv state.before state
export STRONGROOM_UNLOCK=$W/next.key
ok as m1 board reshare --standby --join s1.id.card s3.id.card --quorum 2:2,3:2 --json
R=$(json request)
for m in m1 m2; do ok as "$m" vote "$R" approve; done
refused 1 'no role in this vault' as s2 board takeover
for m in m1 m2 m3; do ok as "$m" board deal; done
for s in s1 s3; do ok as "$s" board accept; done
ok as of board show
has 'A standby board waits'
has 'said so: members 0, custodian no, auditor no'
for p in s1 s3 ke; do ok as "$p" board takeover; done
# The last word may be anybody's of those who are needed.
ok as au board takeover
ok as s3 board show --json
same "$(json epoch)" 2
same "$(json levels.1.key)" "$KEY"
ok sr verify

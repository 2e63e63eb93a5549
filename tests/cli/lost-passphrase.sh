#!/bin/bash
# Another passphrase for the service keys and for an identity: the old one opens nothing, a kill at any step leaves one of
# the two in force, and the bytes before are nowhere in the folder.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

person a
echo 'first words' >p1
echo 'second words' >p2
# An identity.
cp a.id a.copy
as a identity show a.id >/dev/null 2>&1 || true
ok sr identity passphrase a.id --passphrase-file pass --new-passphrase-file p1
has 'new passphrase'
refused 1 'wrong passphrase' sr identity passphrase a.id --passphrase-file pass --new-passphrase-file p2
ok sr identity card a.id --passphrase-file p1 --name A --out again.card
same "$(jq -r .person <(sr identity show again.card --json))" "$(who a)"
! grep -rqF "$(sed -n 's/^sealed //p' a.copy)" --include='*.id*' --include='.a.*' . || fail 'the sealed bytes before are there'
refused 1 'no such file' sr identity passphrase none.id --new-passphrase-file p1 --passphrase-file pass

# Killed at every step: one of the two opens it, and with that opening nothing else is left beside it.
person b
cp b.id b.first
old=0 new=0 told=0
for ((n = 1; n < 40; n++)); do
	mkdir k.n && cp b.first k.n/b.id
	rc=0
	SR_FAULT="$n:-1" sr identity passphrase k.n/b.id --passphrase-file pass --new-passphrase-file p2 >/dev/null 2>&1 || rc=$?
	if sr identity age k.n/b.id --passphrase-file p2 --secret-to k.n/age >/dev/null 2>&1; then
		new=$((new + 1))
	else
		ok sr identity age k.n/b.id --passphrase-file pass --secret-to k.n/age
		old=$((old + 1))
	fi
	[[ -z $(find k.n -name '*superseded*') ]] || fail "killed at step $n: the bytes before are left"
	# The same step fails, and the program goes on: which of the two is in force is told.
	cp b.first k.n/b.id
	if ! SR_FAULT="$n:5" sr identity passphrase k.n/b.id --passphrase-file pass --new-passphrase-file p2 >/dev/null 2>err &&
		sr identity age k.n/b.id --passphrase-file p2 --secret-to k.n/again >/dev/null 2>&1; then
		grep -q 'what to do: the new passphrase is in force; what failed is overwriting the file before' err ||
			fail "step $n: $(cat err)"
		told=$((told + 1))
	fi
	rm -r k.n
	((rc == 137)) || break
done
((rc == 0 && old > 2 && new > 2)) || fail "kills of an identity: status $rc, $old old, $new new"
((told > 0)) || fail 'no failure behind the change of an identity'

# The service keys: to a passphrase, to another, to a credential.
unset STRONGROOM_UNLOCK
sr init --origin test.example/vault --no-second --service-passphrase-file p1 >/dev/null
ok sr status --service-passphrase-file p1
cp vault/keys/service before
refused 1 'wrong passphrase' sr passphrase --service-passphrase-file p2 --new-passphrase-file p1
cmp vault/keys/service before || fail 'a refusal changed keys/service'
refused 2 'not both' sr passphrase --service-passphrase-file p1 --new-passphrase-file p2 --unlock-new k
ok sr passphrase --service-passphrase-file p1 --new-passphrase-file p2
has 'sealed anew'
has 'Backups made until now'
refused 1 'wrong passphrase' sr status --service-passphrase-file p1
ok sr status --service-passphrase-file p2
same "$(ls -A vault/keys)" service
# A refusal takes its new credential file away; one in force never goes.
refused 1 'wrong passphrase' sr passphrase --service-passphrase-file p1 --unlock-new k
[[ ! -e k ]] || fail 'a credential of nothing is left'
ok sr passphrase --service-passphrase-file p2 --unlock-new k --json
same "$(json changed)" true
refused 2 'credential' sr status --service-passphrase-file p2
ok sr status --unlock k

# While core runs nothing is changed.
export STRONGROOM_UNLOCK=$W/k
core
refused 4 'core' sr passphrase --new-passphrase-file p1
core_stop
ok sr status

# Killed at every step: one of the two opens, and the next change goes through.
way() { if sr status --unlock k >/dev/null 2>&1; then echo k; elif sr status --service-passphrase-file p1 >/dev/null 2>&1; then echo p1; else echo none; fi; }
old=0 new=0 told=0
for ((n = 1; n < 60; n++)); do
	rm -rf vault.n && cp -a vault vault.n
	export STRONGROOM_VAULT=$W/vault.n
	rc=0
	SR_FAULT="$n:-1" sr passphrase --unlock k --new-passphrase-file p1 >/dev/null 2>&1 || rc=$?
	case $(way) in
	k) old=$((old + 1)) ;;
	p1) new=$((new + 1)) ;;
	none) fail "killed at step $n: nothing opens it" ;;
	esac
	same "$(ls -A vault.n/keys)" service "files in keys/ after a kill at step $n and an opening"
	# The same step fails, where a kill left the new one in force.
	if ((rc == 137 && new > 0)); then
		rm -rf vault.n && cp -a vault vault.n
		if ! SR_FAULT="$n:5" sr passphrase --unlock k --new-passphrase-file p1 >/dev/null 2>err; then
			grep -q 'what to do: the new way to unlock is in force; what failed comes again at the next opening' err ||
				fail "step $n: $(cat err)"
			told=$((told + 1))
		fi
	fi
	((rc == 137)) || break
done
((rc == 0 && old > 2 && new > 2)) || fail "kills: status $rc, $old old, $new new"
((told > 0)) || fail 'no failure behind the change of the service keys'

#!/bin/bash
# An older copy of the vault put back is noticed by everybody who saw more; nothing is signed then.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo text >f
released f
cp -a vault older
mkdir before newest && cp -a vault/secrets.db* before/
requested "$ITEM"
ok as m1 vote "$REQUEST" approve
mv vault newer
mv older vault
refused 3 'rolled back|shorter|verified before' as ri list
refused 3 'rolled back|shorter|verified before' as m1 inbox
has 'nothing was signed'
refused 3 'rolled back|shorter|verified before' as ri request "$ITEM" --purpose research --ends 9d --reason again
rm -rf vault
mv newer vault
ok as ri list
# An older secrets.db is found by whoever opens the vault, and is nobody's wrong passphrase.
cp -a vault/secrets.db* newest/ && rm vault/secrets.db* && cp -a before/secrets.db* vault/
refused 3 'an older file was put back' sr status
refused 3 'an older file was put back' sr core
refused 3 'an older file was put back' sr service rotate --new-passphrase-file pass
head -c 40 /dev/zero >other.key
refused 1 'wrong credential' sr core --unlock other.key
rm vault/secrets.db* && cp -a newest/secrets.db* vault/
ok as ri list
# Two programs of one person at the same moment, each shown another log: the later says so, and stores nothing.
cp -a vault fork
person ni
STRONGROOM_VAULT=$W/fork STRONGROOM_STATE=$W/elsewhere as cu1 person add ni.id.card --role researcher --quiet
mine=$(echo state/*-"$(who de)".seen)
cp "$mine" mine.kept
: >"$mine"
refused 3 'what was remembered of this vault is damaged: .*seen.* .in .*state.' as de list
has 'move it aside and begin as at first contact'
hasnt 'put it back from a backup'
cp mine.kept "$mine"
rm "$mine"
mkfifo pipe
bound "$STRONGROOM_T" deposit - --name slow --collection box --as de.id --passphrase-file pass <pipe >slow.out 2>slow.err &
pid=$!
exec 7>pipe
for ((i = 0; i < 500; i++)); do [[ ! -f $mine ]] || break && sleep 0.02; done
mv vault here && mv fork vault
ok as de list
cp "$mine" other
echo text >&7
exec 7>&-
rc=0
wait "$pid" || rc=$?
mv slow.err err && mv slow.out out
same "$rc" 3
has 'another one of yours .* does not prove'
has 'two histories'
cmp "$mine" other || fail 'a fork took the place of what was remembered'

#!/bin/bash
# After a whole run no word of a document, no name, no reason, no key is in any file of the vault or beside it.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

export TMPDIR=$W/tmp
mkdir tmp
found
marker='zyxwv-the-marked-words-vwxyz'
for i in $(seq 2000); do echo "$marker line $i"; done >"file-$marker"
deposit "file-$marker"
ok as cu1 describe "$ITEM" --title "title $marker" --keyword "$marker" --description "about $marker" --source "$marker"
ok as cu2 release "$ITEM"
ok as ri search "$marker"
has "title $marker"
ok as ri request "$ITEM" --purpose research --ends 9d --reason "reason $marker" --project "project $marker" --json
REQUEST=$(json request)
ok as m1 vote "$REQUEST" approve --condition "condition $marker" --reason "because $marker"
ok as m2 vote "$REQUEST" approve
ok as m3 comment "$REQUEST" "comment $marker"
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
has "$marker line 2000"
ok as ri return "$CHECKOUT"
ok sr identity age ri.id --secret-to age.key --passphrase-file pass
mv age.key kept.key
ok as ri request export "$ITEM" --to ri.id.card --purpose research --ends 9d --reason "$marker" --json
REQUEST=$(json request)
ok as m1 vote "$REQUEST" approve
ok as m2 vote "$REQUEST" approve
ok as ri grants --request "$REQUEST" --json
ok as ri export "$(json 0.id)" "$ITEM" --out copy.age
ok sr backup "$W/backup" --secrets "$W/backup.secrets" --escrow "$W/escrow" --secrets-passphrase-file pass
ok sr rebuild
found=$(grep -rlaF -e "$marker" -e 'Name of ri' vault tmp state backup backup.secrets copy.age 2>/dev/null || true)
[[ -z $found ]] || fail "marked words lie in: $found"
# Keys: the seed behind the age key is in none of them either, in any of its spellings.
secret=$(grep -o 'AGE-SECRET-KEY-1[A-Z0-9]*' kept.key)
found=$(grep -rlaF -e "$secret" -e "$(cat pass)" vault tmp state backup backup.secrets 2>/dev/null || true)
[[ -z $found ]] || fail "keys lie in: $found"
found=$(grep -rlaF -f <(head -c 32 vault.key | base64) vault tmp state backup 2>/dev/null || true)
[[ -z $found ]] || fail "the credential lies in: $found"
[[ -z $(ls -A tmp) ]] || fail "left in the temporary folder: $(ls -A tmp)"
find vault -type f -perm /077 | grep . && fail 'files that others may read'
# No core dump of a process that had keys.
(
	ulimit -c unlimited
	mkfifo pipe
	bound "$STRONGROOM_T" deposit - --name x --collection box --as de.id --passphrase-file pass <pipe >/dev/null 2>&1 &
	pid=$!
	exec 7>pipe
	sleep 0.6
	kill -SEGV $pid
	wait $pid 2>/dev/null || true
)
[[ -z $(find . -maxdepth 1 -name 'core*') ]] || fail 'a core dump was written'

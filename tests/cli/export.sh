#!/bin/bash
# An export opens with the stock age: one file as itself, several as a tar; and with nothing else.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

command -v age >/dev/null || skip 'no age to open an export'
founded
head -c 9500000 /dev/urandom >single
mkdir several
for i in 1 2 3; do head -c $((i * 400000)) /dev/urandom >several/$i; done
touch -d '2001-02-03 04:05:06 UTC' several/1
released single
one=$ITEM
released several
many=$ITEM
age-keygen -o other 2>/dev/null
ok sr identity age ri.id --secret-to ri.age --passphrase-file pass
ok as ri request export "$one" "$many" --to ri.id.card --purpose research --ends 9d --reason r --json
REQUEST=$(json request)
ok as m1 vote "$REQUEST" approve
ok as m2 vote "$REQUEST" approve
ok as ri grants --json
same "$(json 0.right)" export
GRANT=$(json 0.id)
ok as ri export "$GRANT" "$one" --out one.age
age -d -i ri.age one.age | cmp - single || fail 'the file came back changed'
! age -d -i other one.age >/dev/null 2>&1 || fail 'it opens with another key'
ok as ri export "$GRANT" "$many" --out many.age
mkdir back
age -d -i ri.age many.age | tar -C back -xf -
diff -r several back/several || fail 'the folder came back changed'
same "$(stat -c %Y back/several/1)" "$(stat -c %Y several/1)"
same "$(stat -c %a one.age)" 600
refused 1 'there already' as ri export "$GRANT" "$one" --out one.age
refused 1 'grant' as ri checkout "$one"
ok as au log --type export
has 'recipient age1'
ok sr verify
# One whose disk was full in the middle is no `export`; that it began, and that bytes left, the report tells.
rc=0
(trap '' XFSZ && ulimit -f 5000 && as ri export "$GRANT" "$one" --out cut.age) >out 2>err || rc=$?
same "$rc" 5
has 'File too large'
ok as of audit report exports --format jsonl
same "$(jq -sr '[.[] | select(.recipient == "" or .recipient == null)] | length' out)" 1
same "$(jq -sr '[.[] | select(.sha256 != "" and .sha256 != null)] | length' out)" 2
same "$(jq -r .stage out | tr '\n' ' ')" 'ended ended began '
same "$(jq -sr '.[-1].item' out)" "$one"
# Nor does a certificate of its destruction forget it.
ok as cu1 destroy "$one" --reason 'it ends' --json
end=$(json request)
ok as m1 vote "$end" approve
ok as m2 vote "$end" approve
ok as of certificate "$one"
has '^exports 2$'
has '^not-promised exports'

#!/bin/bash
# What cannot be read is told and recorded with its reason; so is what changes while it is read; the rest is deposited.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
mkdir tree
echo good >tree/good
if (($(id -u) != 0)); then
	echo closed >tree/closed && chmod 000 tree/closed
	mkdir tree/shut && echo x >tree/shut/x && chmod 000 tree/shut
	ok as de deposit tree --collection box
	has 'unreadable: tree/closed: .*[Pp]ermission'
	has 'unreadable: tree/shut: .*[Pp]ermission'
	has '2 could not be read'
fi
# A regular file that opens and fails while it is read, for every user.
ok as de deposit tree/good /proc/self/mem --collection box --json
same "$(json unreadable)" 1
same "$(json files)" 2
same "$(json told.0.path)" mem
ITEM=$(json item.0)
ok as cu1 show "$ITEM"
has 'unreadable'
has 'good'

# A file that is written to while it is read, and has the same size before and after: what was stored may be a bit of both. It
# is opened ahead, and waits for what comes on standard input.
head -c 1500000 /dev/zero >large
cp large small-too
mkfifo pipe
"$STRONGROOM_T" deposit - large small-too --name first --collection box --json --as de.id --passphrase-file pass <pipe >d.json 2>err &
pid=$!
exec 9>pipe
for ((i = 0; i < 500; i++)); do
	! readlink "/proc/$pid/fd/"* 2>/dev/null | grep -q '/large$' || break
	sleep 0.02
done
printf 'x' | dd of=large bs=1 seek=1400000 conv=notrunc status=none
exec 9>&-
wait "$pid" || fail 'the deposit failed'
same "$(json changed d.json) $(json told.0.path d.json) $(json told.0.status d.json)" '1 large changed'
same "$(json told.0.reason d.json)" 'it was written to while it was read'
same "$(jq '.told | length' d.json)" 1
ok as cu1 checkout "$(json item.0 d.json)" --right quarantine --json
LOOK=$(json checkout)
ok as cu1 cat "$LOOK" --json
same "$(jq -r '[.[] | select(.changed != null) | .path] | join(" ")' out)" large
# A version of it says so, too.
ok as cu1 redact "$LOOK" --leave-out 0 --reason x --json
ok as cu1 checkout "$(json item)" --right quarantine --json
ok as cu1 cat "$(json checkout)" --json
same "$(jq -r '[.[] | select(.changed != null)] | length' out)" 1

# That this program may have few files open is no reason to record of a file that can be read.
mkdir -p few/a/b/c
for ((i = 0; i < 300; i++)); do echo "$i" >"few/$i"; done
for where in few/a few/a/b few/a/b/c; do echo x >"$where/x"; done
(
	ulimit -n 64
	ok as de deposit few --collection box --json
)
same "$(json files) $(json unreadable)" '303 0'
deep=$(printf 'd/%.0s' {1..60})
mkdir -p "$deep" && echo x >"$deep/x"
(
	ulimit -n 48
	refused 5 'Too many open files, .*raise how many may be' as de deposit d --collection box
)
resume=$(sed -n 's/.*--resume \([0-9a-f]*\).*/\1/p' err)
ok as de deposit d --collection box --resume "$resume" --json
same "$(json files) $(json unreadable)" '1 0'

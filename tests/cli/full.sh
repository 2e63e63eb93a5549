#!/bin/bash
# A full disk at any step: told, nothing lost, and it goes on when there is room.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo text >f
cp -a vault fresh # for the small file system, at the end
mkdir tree
for i in 1 2 3; do head -c 300000 /dev/urandom >tree/$i; done
told=0
for nth in 1 2 3 5 7 9 12 15 19 24 30 38 {50..56}; do # the last ones: about the commit of the log
	rc=0
	SR_FAULT=$nth:28 as de deposit tree --collection box --json >out 2>err || rc=$?
	((rc == 0)) && break
	((rc == 5 || rc == 4)) || fail "no room at step $nth: status $rc"
	grep -q 'No space left' err && told=$((told + 1))
	ok sr verify
	ok sr scrub
	has '0 findings'
done
((told >= 5)) || fail "only $told failures named the full disk"
deposit tree
ok sr scrub
has '0 findings'
# A limit on the size of files is told, too, and does not end the program without a word.
rc=0
(ulimit -f 60 && as de deposit tree --collection box) >out 2>err || rc=$?
same "$rc" 5 'the status with a limit on the size of files'
has 'File too large'
has 'what to do: '
ok sr verify
# For real, on a small file system, where we may mount one.
if (($(id -u) == 0)) && mkdir small && sync -f . && mount -t tmpfs -o size=6m none small 2>/dev/null; then
	cp -a fresh small/vault
	head -c 9000000 /dev/urandom >large
	rc=0
	STRONGROOM_STATE=$W/fresh-state as de deposit large --collection box --vault "$W/small/vault" >out 2>err || rc=$?
	umount -l small
	((rc == 5)) || fail "status $rc on a full file system"
	grep -q 'No space left' err || fail 'the full file system is not named'
	grep -q 'make room' err || fail 'no advice'
	# What was destroyed is due for new catalogue files: without room for them the vault opens with those that there are.
	mount -t tmpfs -o size=6m none small
	(
		export STRONGROOM_VAULT=$W/fresh STRONGROOM_STATE=$W/fresh-state
		released f
		as cu1 destroy "$ITEM" --reason 'it ends' --json >d.json
		end=$(json request d.json)
		as m1 vote "$end" approve --quiet >out
		as m2 vote "$end" approve --quiet >out
		cp -a fresh small
	)
	cat /dev/zero >small/fill 2>/dev/null || true
	truncate -s -300000 small/fill
	rc=0
	sr status --vault "$W/small/fresh" >out 2>small.err || rc=$?
	rm small/fill
	sr rebuild --vault "$W/small/fresh" >out 2>err || rc=$?
	umount -l small
	same "$rc" 0 'the status with little room, or a rebuild with enough'
	has 'under new keys'
	cp small.err err
	has 'catalogue and index keep old pages .*No space left on device; make room, then .rebuild'
	# So of the second copy's.
	mount -t tmpfs -o size=1m none small
	ok sr second replace "$W/small/copy"
	cat /dev/zero >small/fill 2>/dev/null || true
	for ((i = 0; i < 20; i++)); do
		rc=0
		as de deposit tree/1 --collection box >out 2>err || rc=$?
		((rc == 0)) || break
	done
	umount -l small
	same "$rc" 4 'a second copy without room'
	has 'the second copy cannot be written: .*No space left on device; make room there'
fi

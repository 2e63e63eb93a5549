#!/bin/bash
# What a name or its rights are about gets advice about that, not about disks that fail; and whose reader has gone ends quietly.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

refused 5 'No such file' sr init --origin test.example/v --unlock-new new.key --second "$W/nope/x"
has 'what to do: name what is there'
hasnt dmesg
[[ ! -e vault ]] || fail 'something is left'
founded
printf '%03000000d' 0 | tr 0 x >f
released f
granted "$ITEM"
checked_out "$ITEM"
for json in '' --json; do
	rc=0
	# shellcheck disable=SC2086
	{ as au log $json 2>err || echo $? >status; } | true
	! grep -q 'what to do\|roken pipe' err || fail 'it speaks of a reader who has gone'
done
{ as ri cat "$CHECKOUT" 0 2>err || echo $? >status; } | head -c 5 >out
same "$(<out)" xxxxx
same "$(<status)" 141 'the status of a reader who has gone'
[[ ! -s err ]] || fail 'it speaks of a reader who has gone'
# A disk that is full is none.
rc=0
as ri cat "$CHECKOUT" 0 >/dev/full 2>err || rc=$?
same "$rc" 5
has 'No space left'
STRONGROOM_STATE=/proc/nowhere refused 5 'state folder' as ri list
has 'what to do: .*set .STRONGROOM_STATE'
if (($(id -u) != 0)); then
	mkdir closed
	chmod 0 closed
	refused 5 'Permission denied' sr init --vault "$W/closed/v" --origin test.example/v --unlock-new new.key --no-second
	has 'what to do: whoever runs this may not'
fi

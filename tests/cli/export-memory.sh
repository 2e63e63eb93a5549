#!/bin/bash
# An export of any size takes the memory of a few blocks.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

! sanitized || skip 'what core holds is measured without a sanitizer'
command -v age >/dev/null || skip 'no age to make a key'
founded
yes 'the same line again and again, so that it takes little room in the store' | head -c 150000000 >f || true # yes ends by a closed pipe
released f
age-keygen -o key 2>/dev/null
ok as ri request export "$ITEM" --to "$(age-keygen -y key)" --purpose research --ends 9d --reason r --json
REQUEST=$(json request)
ok as m1 vote "$REQUEST" approve
ok as m2 vote "$REQUEST" approve
ok as ri grants --json
GRANT=$(json 0.id)
core
peak() { awk '/^VmHWM:/ { print $2 }' "/proc/$CORE_PID/status"; }
before=$(peak)
ok as ri export "$GRANT" "$ITEM" --out f.age
after=$(peak)
((after - before < 64 * 1024)) || fail "core grew from $before to $after KiB at an export of $(stat -c %s f) bytes"
age -d -i key f.age | cmp - f || fail 'the export came back changed'

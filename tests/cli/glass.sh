#!/bin/bash
# Two people answer for a checkout that no witness saw. A reader's program believes that of who sits on the board then: of
# members who came later than the founders too, and not of those who have left.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

export SR_WITNESS_MS=50
founded 3 2
person y
echo one >one
released one
granted "$ITEM"
ok as m1 board reshare --leave "$(who m3)" --join y.id.card --json
R=$(json request)
for m in m1 m2; do ok as "$m" vote "$R" approve; done
for m in m1 m2; do ok as "$m" board deal; done
for m in m1 m2 y; do ok as "$m" board accept; done
ok sr witness new a --name witness.example/a --unlock-new a.key
KEY=$(grep -oE 'witness.example/a\+[^ ]+' out | head -n 1)
printf 'witness a %s http://127.0.0.1:1\nquorum a\n' "$KEY" >policy
ok sr witness policy policy
refused 1 'not witnessed' as ri checkout "$ITEM"
BEGUN=$(grep -oE 'strongroom cat [0-9a-f]+' err | cut -d' ' -f3)
refused 1 'no role|left-the-board' as m3 break-glass "$BEGUN" --reason 'a is away'
ok as y break-glass "$BEGUN" --reason 'a is away'
refused 1 'not witnessed' as ri cat "$BEGUN" 0
ok as m2 break-glass "$BEGUN" --reason 'and the deadline is today'
ok as ri cat "$BEGUN" 0
has one
rm -rf state # who never met anybody
ok as ri cat "$BEGUN" 0

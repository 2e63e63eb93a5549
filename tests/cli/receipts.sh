#!/bin/bash
# Receipts are kept as C2SP proofs and their keys, for depositors, voters and researchers.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo text >f
ok as de deposit f --collection box --receipt deposit --json
ITEM=$(json item.0)
for s in tlog-proof keys; do [[ -s deposit.$s ]] || fail "no deposit.$s"; done
head -n 1 deposit.tlog-proof | grep -q '^c2sp.org/tlog-proof@v1$' || fail "$(head -n 1 deposit.tlog-proof)"
same "$(stat -c %a deposit.keys)" 600
as cu1 describe "$ITEM" --title t --quiet >/dev/null
as cu2 release "$ITEM" --quiet >/dev/null
ok as ri request "$ITEM" --purpose research --ends 9d --reason r --receipt request --json
REQUEST=$(json request)
ok as m1 vote "$REQUEST" approve --receipt vote1
ok as m2 vote "$REQUEST" approve --receipt vote2
ok as ri checkout "$ITEM" --receipt checkout
for n in request vote1 vote2 checkout; do [[ -s $n.tlog-proof && -s $n.keys ]] || fail "no receipt $n"; done
refused 1 'vote1|exists|there' as m3 comment "$REQUEST" x --receipt vote1

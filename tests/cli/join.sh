#!/bin/bash
# A request for two researchers waits until both joined; then both can look, each with their own key.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo text >f
released f
person rb rc
as cu1 person add rb.id.card --role researcher --quiet >/dev/null
as cu1 person add rc.id.card --role researcher --quiet >/dev/null
requested "$ITEM" --with rb.id.card
refused 1 'join' as m1 vote "$REQUEST" approve
ok as rb inbox
has 'join'
refused 1 'co-applicant|named|not' as rc join "$REQUEST"
ok as rb join "$REQUEST"
ok as m1 vote "$REQUEST" approve
ok as m2 vote "$REQUEST" approve
for p in ri rb; do
	ok as "$p" checkout "$ITEM" --json
	ok as "$p" cat "$(json checkout)"
	same "$OUT" text "$p"
done
refused 1 'grant' as rc checkout "$ITEM"

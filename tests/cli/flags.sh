#!/bin/bash
# What stands on items: an embargo with a date, two holds, a seal that the board lifts, a retention date that asks.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo text >f
released f
granted "$ITEM"
checked_out "$ITEM"
core

# Embargo: open checkouts end, the date ends it.
soon=$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)
refused 1 'role-missing' as ri embargo "$ITEM"
refused 1 'date-past' as cu1 embargo "$ITEM" --until 2001-01-01
ok as cu1 embargo "$ITEM" --until "$soon" --reason 'first the family'
refused 1 'checkout' as ri cat "$CHECKOUT"
refused 1 'embargo' as ri checkout "$ITEM"
ok as ri show "$ITEM"
has "embargo, until $soon"
hasnt 'the family'
ok as cu2 show "$ITEM"
has 'because first the family'

# Holds: several, each lifted on its own; not for everybody to see.
refused 2 'reason is missing' as of hold "$ITEM"
refused 1 'role-missing' as cu1 hold "$ITEM" --reason 'no officer'
ok as of hold "$ITEM" --reason 'court order 1' --json
one=$(json 0.flag)
ok as of hold "$ITEM" --reason 'court order 2' --json
two=$(json 0.flag)
ok as ri show "$ITEM"
hasnt 'hold|court'
ok as m1 show "$ITEM"
has "hold ${one:0:12} .*court order 1"
ok as of lift "$ITEM" "${one:0:8}" --reason 'withdrawn'
ok as of show "$ITEM" --json
same "$(jq -r '[.flag[] | select(.what == "hold" and .ended == null)] | length' out)" 1
refused 1 'flag-ended' as of lift "$ITEM" "$one"
refused 1 'nothing that was set' as of lift "$ITEM" 0000
refused 1 'hold-set' as cu1 lift "$ITEM" "$two"

# A seal: any member at once, the board lifts it.
ok as m3 seal "$ITEM" --reason 'names a witness' --json
seal=$(json 0.flag)
refused 1 'no item' as ri show "$ITEM"
ok as m1 show "$ITEM"
has "seal ${seal:0:12} .*names a witness"
refused 1 'seal-by-quorum' as m3 lift "$ITEM" "$seal"
refused 2 'reason is missing' as m1 lift "$ITEM" "$seal" --ask
ok as m1 lift "$ITEM" "$seal" --ask --reason 'the witness agrees' --json
unseal=$(json request)
ok as m2 request show "$unseal"
has "item +$ITEM"
ok as m2 vote "$unseal" approve
has "lifted: a seal of item $ITEM"
ok as ri show "$ITEM"

# Several items at once; one that is not there is told.
deposit f
ok as cu1 embargo "$ITEM" --json
flag=$(json 0.flag)
ok as cu2 lift "$ITEM" "$flag"

# A date that asks and does nothing.
refused 2 'basis is missing' as cu1 retention "$ITEM" --due 2050-01-01
due=$(date -u -d '+50 minutes' +%Y-%m-%dT%H:%M:%SZ)
ok as cu1 retention "$ITEM" --due "$due" --basis contract
ok as of inbox
hasnt 'retention'
core_stop
export SR_TIME_AHEAD=3700
core
ok as of inbox
has "retention ${ITEM:0:12} \(due $due, contract\)"
ok as de inbox
hasnt 'retention'
ok as cu1 show "$ITEM"
has 'held'
ok as of retention "$ITEM" --due 2050-01-01 --basis contract
ok as of inbox
hasnt 'retention'
core_stop

# The embargo's date has come.
ok as ri list --json
ITEM=$(json 0.id)
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
same "$OUT" text
ok as au log --type lapse --json
has 'embargo'
ok sr verify
ok sr rebuild
has 'equal'

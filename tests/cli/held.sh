#!/bin/bash
# Held items: curators look at them on the record, the depositor cannot release, and release ends the look.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
printf 'dangerous words\n' >f
deposit f
refused 1 'described|title' as cu2 release "$ITEM"
ok as cu1 describe "$ITEM" --title t --hazard hate
ok as cu1 checkout "$ITEM" --right quarantine --json
look=$(json checkout)
ok as cu1 cat "$look"
same "$OUT" 'dangerous words'
refused 1 'curator' as de checkout "$ITEM" --right quarantine
ok as au log --type checkout
has 'quarantine'
ok as cu2 release "$ITEM"
refused 1 'checkout|held|released' as cu1 cat "$look"
refused 1 'held' as cu1 checkout "$ITEM" --right quarantine
# A curator's own deposit.
ok as cu1 deposit f --collection box --json
mine=$(json item.0)
ok as cu1 describe "$mine" --title mine
refused 1 'rule own-deposit\): Nobody releases what they deposited' as cu1 release "$mine"
ok as cu2 release "$mine"
# Referral is never released; a hazard raises the level.
ok as cu1 deposit f --collection box --json
bad=$(json item.0)
ok as cu1 describe "$bad" --title bad --hazard referral
refused 1 'referral' as cu2 release "$bad"
ok as cu1 deposit f --collection box --json
high=$(json item.0)
ok as cu1 describe "$high" --title high --hazard instructional
ok as cu2 release "$high"
ok as ri show "$high" --json
same "$(json level)" 3

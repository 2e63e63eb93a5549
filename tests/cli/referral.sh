#!/bin/bash
# What must be reported: frozen at once, handed over unseen to the authority's key by a vote of its own, destroyed on its
# instruction alone.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

command -v age >/dev/null || skip 'no age to open what is handed over'
founded
echo 'what must be reported' >f
deposit f
age-keygen -o police 2>/dev/null
police=$(age-keygen -y police)
ok as cu1 checkout "$ITEM" --right quarantine --json
look=$(json checkout)
refused 1 'referral-marked' as of request referral "$ITEM" --to "$police" --authority 'K 5' --ends 9d --reason 'the law'
ok as cu2 describe "$ITEM" --title 'A page' --hazard referral
refused 1 'checkout' as cu1 cat "$look"
refused 1 'referral' as cu1 checkout "$ITEM" --right quarantine
refused 1 'referral' as cu2 release "$ITEM"
refused 2 'authority' as of request referral "$ITEM" --to "$police" --ends 9d --reason 'the law'
refused 1 'there is no item' as ri request referral "$ITEM" --to "$police" --authority 'K 5' --ends 9d --reason 'the law'
ok as of request referral "$ITEM" --to "$police" --authority 'State police, K 5' --ends 9d --reason 'the law' --json
REQUEST=$(json request)
for m in m1 m2 m3; do ok as "$m" vote "$REQUEST" approve; done
ok as m1 request show "$REQUEST"
has 'authority +State police, K 5'
ok as of grants --json
same "$(json 0.right)" referral
GRANT=$(json 0.id)
ok as of export "$GRANT" "$ITEM" --out page.age
age -d -i police page.age | cmp - f || fail 'the authority does not read what was deposited'
ok as au log --type export
has "recipient $police"
# Nobody has seen it, and no record says so.
ok as au audit export --premis
has '>decryption<'
has '>dissemination<'
hasnt '>rendering<|>displaying<'
# As a bag it says what an officer is told of the item: who deposited it, too.
ok as of export "$GRANT" "$ITEM" --out bag.age --bag
age -d -i police bag.age | tar -xf - "$ITEM/bag-info.txt" || fail 'there is no bag'
grep -qx "Strongroom-Depositor: $(who de)" "$ITEM/bag-info.txt" || fail 'the depositor is not told'

refused 1 'instruction-missing' as of destroy "$ITEM" --reason 'handed over'
ok as of destroy "$ITEM" --reason 'handed over' --instruction 'State attorney, 12 Js 1/31, of 3 May' --json
end=$(json request)
ok as m1 request show "$end"
has 'instruction +State attorney'
ok as m1 vote "$end" approve
ok as m2 vote "$end" approve
ok as of show "$ITEM"
has 'state +destroyed'
refused 1 'grant is expired' as of export "$GRANT" "$ITEM" --out again.age
ok sr verify
ok sr rebuild
has 'equal'

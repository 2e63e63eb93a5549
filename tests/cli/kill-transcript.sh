#!/bin/bash
# kill -9 at any step while a transcript is added to a held film: the item is as it was, or has it; curators can look at it, and
# nothing of the attempt is left.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

sandboxed
founded
head -c 300000 /dev/urandom | cat <(printf '\0\0\0\x18ftypmp42') - >film.mp4
printf 'WEBVTT\n\n00:01.000 --> 00:04.000\nWe meet at the mill.\n' >film.vtt
deposit film.mp4
ok sr intake run
as cu1 checkout "$ITEM" --right quarantine --json >k.json 2>err || fail checkout
CHECKOUT=$(json checkout k.json)
cp -a vault saved
[[ ! -d state ]] || cp -a state saved-state

old=0 new=0 rc=137
for nth in $(seq 1 "${STRIDE:-31}" 600); do
	rm -rf vault state
	cp -a saved vault
	[[ ! -d saved-state ]] || cp -a saved-state state
	rc=0
	SR_FAULT=$nth:-1 as cu1 transcript add "$CHECKOUT" 0 film.vtt >out 2>err || rc=$?
	((rc == 0 || rc == 137)) || fail "killed at step $nth: status $rc"
	ok as cu1 show "$ITEM" --json
	at=$(json number)
	same "$(cd vault/items && echo "$ITEM".*)" "$ITEM.$at" "after a kill at step $nth"
	same "$(jq '.file | length' out)" "$at" "after a kill at step $nth"
	if ((at == 1)); then
		old=$((old + 1))
	else
		new=$((new + 1))
		CHECKOUT_NEW=$(as cu2 checkout "$ITEM" --right quarantine --json 2>err | jq -r .checkout) || fail "checkout after a kill at $nth"
		ok as cu2 cat "$CHECKOUT_NEW" 0
		has 'We meet at the mill'
	fi
	sr scrub >out 2>err || fail "scrub after a kill at step $nth"
	has '; 0 findings'
	if ((at == 1)); then
		ok as cu1 transcript add "$CHECKOUT" 0 film.vtt
		ok as cu1 show "$ITEM" --json
		same "$(json number)" 2 "again after a kill at step $nth"
	fi
	((rc != 0)) || break
done
((rc == 0)) || fail 'it never ends'
((old > 1 && new > 1)) || fail "only $old kills before and $new after the new envelope"
ok sr verify
ok sr rebuild
has 'equal'

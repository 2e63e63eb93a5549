#!/bin/bash
# Nobody signs another draft than the one that was read aloud.
# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"

person m1 m2 m3 cu of au ke
empty
draft() {
	sr board new --member m1.id.card m2.id.card m3.id.card --level "$1" --curator cu.id.card --officer of.id.card \
		--auditor au.id.card --custodian ke.id.card --json --i-accept-loss "${2-$(loss 3 "$1")}"
}
refused 2 'want the words: losing 2 of 3 shares loses the archive' draft 2 ''
refused 2 'i-accept-loss "losing 1 of 3' draft 3 "$(loss 3 2)"
refused 2 'nobody could ever open it' draft 4
ok draft 2
first=$(json fingerprint)
ok draft 3 # somebody replaces it
second=$(json fingerprint)
[[ $first != "$second" ]] || fail 'two drafts have one fingerprint'
refused 1 'draft here has the fingerprint' as m1 board deal --fingerprint "$first"
refused 1 'draft here has the fingerprint' as m1 board deal --fingerprint "$(tr 0-9a-f 1-9a-f0 <<<"$second")"
if command -v script >/dev/null; then # a terminal: who does not say yes has not signed
	(echo no && sleep 0.5) | script -qec "$(printf '%q ' "$STRONGROOM_T" board deal --as "$W/m1.id" --passphrase-file "$W/pass")" \
		/dev/null >"$W/out" 2>&1 && fail 'signed, though nobody said yes'
	has 'not signed, as you said'
	# What has to be typed is said where it is asked for.
	sentence=$(loss 3 2)
	# shellcheck disable=SC2094 # what is read is what the other half has written by then
	(for ((i = 0; i < 200; i++)); do
		! grep -q 'Type this sentence' "$W/out" || break
		sleep 0.05
	done && echo "$sentence" && sleep 0.3) |
		script -qec "$(printf '%q ' "$STRONGROOM_T" board new --member m{1,2,3}.id.card --level 2 --curator cu.id.card --officer of.id.card \
			--auditor au.id.card --custodian ke.id.card)" /dev/null >"$W/out" 2>&1 || fail 'the sentence was typed'
	has "Type this sentence: $sentence"
	ok draft 3
	second=$(json fingerprint)
fi
ok as m1 board deal --fingerprint "$second"
has '1 of 3'
refused 1 'signed' draft 2

# Who signs reads every office of the draft and who is to hold it, though one person holds several.
rm -r vault vault.key state
empty
ok sr board new --member m1.id.card m2.id.card m3.id.card --level 2 --curator m2.id.card --officer m3.id.card \
	--auditor m3.id.card --custodian m3.id.card --i-accept-loss "$(loss 3 2)"
ok as m1 board deal
for office in 'member m1' 'member m2' 'member m3' 'curator m2' 'officer m3' 'auditor m3' 'custodian m3'; do
	has "^  ${office% *} +$(who "${office#* }")  Name of ${office#* }\$"
done
same "$(grep -c '^  [a-z]* *p-' err)" 7

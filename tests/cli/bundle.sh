#!/bin/bash
# A vote on another machine: no vault there, everything verified from a file, and carried in by somebody else.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo text >f
released f
requested "$ITEM"
ok as m1 request show "$REQUEST" --bundle "$W/request.bundle"
mkdir away
cp m2.id pass request.bundle away/
mv vault hidden
(
	unset STRONGROOM_VAULT STRONGROOM_UNLOCK
	STRONGROOM_STATE=$W/away/state "$STRONGROOM_T" vote approve --bundle away/request.bundle --out away/vote \
		--as away/m2.id --passphrase-file away/pass --reason 'from home' --fingerprint "$FINGERPRINT" >out 2>err
) || fail 'voting without a vault'
# Changed on the way: refused before anything is signed.
refused 3 'not a bundle' as m1 vote approve --bundle pass --out no
has 'request show REQUEST --bundle F'
hasnt 'backup'
cp request.bundle bad
flip bad
STRONGROOM_STATE=$W/away/state2 refused 3 '.' env -u STRONGROOM_VAULT "$STRONGROOM_T" vote approve --bundle bad --out no \
	--as m3.id --passphrase-file pass
[[ ! -e no ]] || fail 'something was signed'
STRONGROOM_STATE=$W/away/state3 refused 3 'another vault' env -u STRONGROOM_VAULT "$STRONGROOM_T" vote approve \
	--bundle request.bundle --out no --as m3.id --passphrase-file pass --fingerprint "$(tr 0-9a-f 1-9a-f0 <<<"$FINGERPRINT")"
mv hidden vault
refused 2 'not a file of a signed statement' as cu1 submit request.bundle
ok as cu1 submit away/vote
ok as cu1 submit away/vote
has 'as before'
ok as m1 request show "$REQUEST"
has "vote of $(who m2) \\(Name of m2\\): approve, from home"
ok as m1 vote "$REQUEST" approve
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
same "$OUT" text
# Away from the vault the voter sees every item of it, here the first of them.
mkdir many
for i in 1 2 3 4 5 6 7; do echo "$i" >"many/$i"; done
deposit many --each file
mapfile -t items < <(jq -r '.item[]' d.json)
for i in "${items[@]}"; do as cu1 describe "$i" --title "number $i" --quiet >o; done
as cu2 release "${items[@]}" --quiet >o
ok as ri request "${items[@]}" --purpose research --ends 30d --reason 'all' --json
REQUEST=$(json request)
ok as m1 request show "$REQUEST" --bundle many.bundle
STRONGROOM_STATE=$W/m3.state ok as m3 vote "$REQUEST" approve --bundle many.bundle --out many.vote --fingerprint "$FINGERPRINT"
same "$(grep -c ' number ' err)" 7
ok as m1 vote "$REQUEST" approve
same "$(grep -c ' number ' err)" 5
has 'and 2 more'

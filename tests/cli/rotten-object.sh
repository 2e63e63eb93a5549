#!/bin/bash
# An object file that a replay needs has rotted. The vault goes on with the catalogue that it has, which nothing drops before
# another is known to be made: not what follows a destruction, nor a change of keys.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo ends >f
released f
ends=$ITEM
find vault/objects -type f | sort >before
echo stays >g
released g
stays=$ITEM
cp -a vault/objects whole
find vault/objects -type f | sort | comm -13 before - | while read -r object; do flip "$object"; done
ok sr status
hasnt 'old pages'
refused 3 'entry [0-9]+ .accession.' sr rebuild --as ke.id --passphrase-file pass
refused 3 'new service keys: catalogue: entry [0-9]+ .accession.' sr service rotate --unlock-new "$W/next.key"
[[ ! -e next.key ]] || fail 'a credential is left'
ok as cu1 destroy "$ends" --reason 'the contract ended' --json
end=$(json request)
ok as m1 vote "$end" approve
ok as m2 vote "$end" approve
for _ in 1 2; do
	ok sr status
	has 'catalogue and index keep old pages after a destruction or erasure, as they cannot be made anew: .*entry [0-9]+'
	has 'put back what .scrub. names, then .rebuild.'
done
granted "$stays"
checked_out "$stays" --grant "$GRANT"
ok as ri cat "$CHECKOUT"
same "$OUT" stays
ok as ri return "$CHECKOUT"
refused 3 'objects/' sr scrub
# As it says.
cp -r whole/. vault/objects
ok sr rebuild
has 'new keys'
ok sr status
hasnt 'old pages'
ok sr verify

#!/bin/bash
# Votes signed elsewhere before a restore and handed in after it: refused at the door, and nobody is blamed at a checkout.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

# away NAME DECISION: m2's vote on $REQUEST, made on another machine, into NAME.
away() {
	ok as m1 request show "$REQUEST" --bundle "$W/$1.bundle"
	mkdir -p "$W/desk"
	STRONGROOM_STATE=$W/desk/$1 ok env -u STRONGROOM_VAULT -u STRONGROOM_UNLOCK "$STRONGROOM_T" vote "$2" \
		--bundle "$W/$1.bundle" --out "$W/$1" --as "$W/m2.id" --passphrase-file "$W/pass" --fingerprint "$FINGERPRINT"
}
amend() { ok as ri amend "$1" --purpose research --ends 20d --reason 'shorter'; }

founded
printf 'words to keep\n' >f
released f
granted "$ITEM"
LIVE=$REQUEST LIVE_GRANT=$GRANT
away topup topup
requested "$ITEM"
OPEN=$REQUEST
away approve approve
requested "$ITEM"
FIRST=$REQUEST # amended, then restored
away amended approve
requested "$ITEM"
LATER=$REQUEST # restored, then amended
away to-amend approve
amend "$FIRST"

ok sr backup "$W/copy" --secrets "$W/secrets" --escrow "$W/escrow" --secrets-passphrase-file pass
ok sr restore "$W/copy" "$W/new" --secrets "$W/secrets" --escrow "$W/escrow" --secrets-passphrase-file pass --no-second
rm -rf vault
export STRONGROOM_VAULT=$W/new
amend "$LATER"

for vote in approve topup; do
	refused 1 'rule other-room-key' as m1 submit "$vote"
	has 'a restore renewed the room key: vote again'
done
for vote in amended to-amend; do
	refused 1 'rule other-version' as m1 submit "$vote"
done
# They vote again, for the key that is there, and what they gave opens.
ok as m2 vote "$OPEN" approve
ok as m2 vote "$LIVE" topup
ok as m1 vote "$LIVE" topup
checked_out "$ITEM" --grant "$LIVE_GRANT"
ok as ri cat "$CHECKOUT"
same "$OUT" 'words to keep'
ok as au log --type incident --json
same "$(jq length out)" 1
same "$(json 0.fields.0.1)" restored
ok sr verify

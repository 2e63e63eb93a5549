#!/bin/bash
# Rotating the escrow kills the secrets files made before, wherever copies of them are; until then a backup brings back
# what ended since, and says how far that goes.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
printf 'words to keep\n' >f
released f
keys=(--secrets "$W/secrets" --escrow "$W/escrow" --secrets-passphrase-file pass)
ok sr status
has 'last backup .*none'
ok sr backup "$W/copy" "${keys[@]}"
has 'made the escrow file'
cp "$W/secrets" "$W/hidden.secrets"
cp "$W/escrow" "$W/hidden.escrow"
cp -r "$W/copy" "$W/hidden.copy"
ok sr status
has 'backups .*1 can be opened'
ok as au log --type backup
has 'result begun'
has 'result made'

# It goes on: a request, and its receipt, which the backup does not have.
ok as ri request "$ITEM" --purpose research --form text --ends 30d --reason 'later' --receipt "$W/later"
old=(--secrets "$W/hidden.secrets" --escrow "$W/escrow" --secrets-passphrase-file pass --no-second)
ok sr restore "$W/hidden.copy" "$W/again" "${old[@]}"
has 'whatever was destroyed or ended later lives again here'
rm -rf "$W/again"
ok sr restore "$W/hidden.copy" "$W/again" "${old[@]}" --since "$W/later"
has 'the log went on to [0-9]+ entries, the backup ends after [0-9]+: .* lives again here'
has 'which the receipt shows, is not in it: request'
rm -rf "$W/again"
ok sr restore "$W/hidden.copy" "$W/again" "${old[@]}" --since "$W/later.tlog-proof" --json
[[ $(json notes) = *'lives again'* ]] || fail 'the JSON does not say what lives again'
rm -rf "$W/again"
ok sr restore "$W/hidden.copy" "$W/again" "${old[@]}" --since "$W/hidden.copy/ledger/checkpoint"
has 'is all in the backup'
rm -rf "$W/again"
sed 's/^[0-9][0-9]*$/1/' "$W/hidden.copy/ledger/checkpoint" >forged
refused 3 'since: .*signature' sr restore "$W/hidden.copy" "$W/again" "${old[@]}" --since forged
rm -rf "$W/again"

# Destroyed: the backup could bring it back, and that is said.
ok as cu1 destroy "$ITEM" --reason 'the contract ended' --json
end=$(json request)
ok as m1 vote "$end" approve
ok as m2 vote "$end" approve
ok sr status
has 'backups .*1 can be opened, 1 of them could bring back what was destroyed since'
ok sr restore "$W/hidden.copy" "$W/again" "${old[@]}" --since "$W/vault/ledger/checkpoint"
has 'lives again here and must be decided anew'
STRONGROOM_STATE=$W/elsewhere ok as cu1 list --vault "$W/again"
has "${ITEM:0:12}"
rm -rf "$W/again"

# Rotated: the old file is dead, the new one opens; also what somebody hid.
ok sr backup "$W/copy" "${keys[@]}" --rotate-escrow
has 'rotated to generation 2'
refused 1 'generation 1 of the escrow, which was rotated' sr restore "$W/hidden.copy" "$W/again" "${old[@]}"
[[ ! -e $W/again/secrets.db ]] || fail 'something was restored'
rm -rf "$W/again"
ok sr status
has 'backups .*1 can be opened$'
ok sr restore "$W/copy" "$W/again" "${keys[@]}" --no-second
rm -rf "$W/again"
ok sr backup "$W/copy" "${keys[@]}" --json
same "$(json generation)" 2
same "$(json rotated)" false
# A copy of the escrow file from before is what should not exist, and is named.
mv "$W/escrow" "$W/escrow.now"
cp "$W/hidden.escrow" "$W/escrow"
refused 1 'an older copy' sr backup "$W/copy" "${keys[@]}"
refused 1 'an older copy' sr restore "$W/copy" "$W/again" "${keys[@]}" --no-second
rm -rf "$W/again"
head -c 8192 /dev/zero >"$W/escrow"
refused 3 'no escrow file, or damaged' sr backup "$W/copy" "${keys[@]}"
printf x >"$W/escrow"
refused 3 '1 bytes, want 8192' sr backup "$W/copy" "${keys[@]}"
mv "$W/escrow.now" "$W/escrow"
ok sr status
has 'backups .*2 can be opened'

# A medium that nobody can write on opens, and is not rotated.
if (($(id -u) == 0)) && mkdir safe && mount -t tmpfs -o size=64k none safe 2>/dev/null; then
	cp "$W/escrow" safe/escrow
	mount -o remount,ro safe
	rm -rf "$W/again"
	rc=0
	sr backup "$W/copy" --secrets "$W/secrets" --escrow "$W/safe/escrow" --secrets-passphrase-file pass >out 2>err || rc=$?
	sr restore "$W/copy" "$W/again" --secrets "$W/secrets" --escrow "$W/safe/escrow" --secrets-passphrase-file pass --no-second \
		>out 2>err || rc=$?
	turn=0
	sr backup "$W/copy" --secrets "$W/secrets" --escrow "$W/safe/escrow" --secrets-passphrase-file pass --rotate-escrow \
		>out 2>err || turn=$?
	umount -l safe
	same "$rc" 0 'an escrow that cannot be written'
	same "$turn" 5 'a rotation of it'
	has 'escrow file: slot [01]: Read-only file system'
fi

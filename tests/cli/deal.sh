#!/bin/bash
# What a script can do at the founding: with --fingerprint a member's program signs that draft and no other; without it, and
# without a terminal, nobody is asked, it signs the draft that is there, and says what to compare.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

person m1 m2 cu1 of au ke
empty
sr board new --member m1.id.card m2.id.card --level 2 --curator cu1.id.card --officer of.id.card --auditor au.id.card \
	--custodian ke.id.card --i-accept-loss "$(loss 2 2)" --json >draft.json
FINGERPRINT=$(json fingerprint draft.json)
other=$(tr 0-9a-f 1-9a-f0 <<<"$FINGERPRINT")
alone() { setsid -w "$STRONGROOM_T" "${@:2}" --as "$W/$1.id" --passphrase-file "$W/pass" </dev/null; }
refused 1 'fingerprint' alone m1 board deal --fingerprint "$other"
hasnt 'has signed'
ok alone m1 board deal
has "$FINGERPRINT"
has 'nobody was asked: compare it with what the members read'
has 'has signed and dealt; 1 of 2 have' # the refused one signed nothing
ok alone m2 board deal --fingerprint "$FINGERPRINT"
hasnt "nobody was asked"
has 'the vault is founded'
ok sr board deal --help
has 'without a terminal nobody is asked'

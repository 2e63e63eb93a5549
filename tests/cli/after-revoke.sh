#!/bin/bash
# After a revocation the researcher's key, the service keys and a whole copy of the vault open nothing.
#
# The thief of this scenario has everything that is left on the day after: identity and passphrase of the researcher, the
# credential of the service keys, every file of the vault. He may also undo what the log says: the log, the catalogue and
# the objects are put back as they were while the grant lived, so that no rule stands in the way. What stops him is that
# the request key is gone from secrets.db. The same rebuilt past with the secrets of that day does open; that control
# shows that the test tests something. (Who copied secrets.db *before*, as root of the running host, is the one case the
# threat table leaves open.)
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo 'the quokka file' >f
released f
granted "$ITEM"
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
has 'quokka'
ok as ri return "$CHECKOUT"
cp -a vault before
cp -a state state-before
ok as m1 revoke "$GRANT" --reason 'over'
ok as m2 request list --kind revoke --state open --json
ok as m2 vote "$(json 0.request)" approve
has 'revoked'
cp -a vault after

# As it is: the rules refuse.
export STRONGROOM_VAULT=$W/thief
cp -a after thief
refused 1 'revoked' as ri checkout "$ITEM"
refused 1 'checkout' as ri cat "$CHECKOUT"

# past SECRETS: everything as before the revocation, but secrets.db and its files from the folder SECRETS. A client that
# has seen nothing, so that its memory of the log does not stop it either.
past() {
	rm -rf thief state
	cp -a before thief
	rm -f thief/secrets.db*
	cp -a "$1"/secrets.db* thief/
	cp -a state-before state
}
past before
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
has 'quokka'

past after
rc=0
as ri checkout "$ITEM" --json >out 2>err || rc=$?
((rc != 0)) || fail 'a checkout opens after the key was erased'
grep -qiE 'key|secret|erased' err || fail 'it does not say that a key is missing'
rc=0
as ri cat "$(json checkout "$W/k.json")" >out 2>>err || rc=$?
((rc != 0)) || fail 'cat shows a file after the key was erased'
! grep -rqa quokka thief after out err || fail 'the text lies open'

#!/bin/bash
# kill -9 at any step of what is done after a deposit by itself: the item is as it was, or wholly new; the next run goes on, and
# nothing is lost, left or done twice.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

sandboxed
founded
mkdir box
python3 - <<'END'
import zipfile
with zipfile.ZipFile('box/a.zip', 'w', zipfile.ZIP_DEFLATED) as z:
    z.writestr('one.txt', 'the first\n')
    z.writestr('two.txt', 'the second\n')
END
echo word >box/plain.txt
deposit box
printf '#!/bin/sh\ncat >/dev/null\n' >scan.sh
chmod +x scan.sh
printf 'command %s/scan.sh\n' "$W" >scanners.txt
ok sr intake scanners scanners.txt
cp -a vault saved
[[ ! -d second ]] || cp -a second saved-second

old=0 new=0
for nth in $(seq 1 "${STRIDE:-23}" 400); do
	rm -rf vault
	cp -a saved vault
	[[ ! -d saved-second ]] || { rm -rf second && cp -a saved-second second; }
	rm -rf state
	rc=0
	SR_FAULT=$nth:-1 sr intake run >out 2>err || rc=$?
	((rc == 0 || rc == 137)) || fail "killed at step $nth: status $rc"
	cp err killed
	ok as cu1 show "$ITEM" --json
	at=$(json number)
	same "$(cd vault/items && echo "$ITEM".*)" "$ITEM.$at" "after a kill at step $nth"
	same "$(jq '.file | length' out)" "$((2 * at))" "after a kill at step $nth"
	if ((at == 1)); then old=$((old + 1)); else new=$((new + 1)); fi
	ok sr intake run
	has 'nothing is left'
	cp err resumed
	ok as cu1 intake show "$ITEM" --json
	same "$(jq -r '[.step[] | .step + " " + .result] | join(", ")' out)" 'inspect done, scan clean, text done' "after a kill at step $nth"
	same "$(jq '.scan | length' out)" 1 "after a kill at step $nth"
	ok as cu1 show "$ITEM" --json
	same "$(jq '.file | length' out)" 4
	[[ -z $(find vault/run -name 'intake-*') ]] || fail "a note is left after a kill at step $nth"
	sr scrub >out 2>err || fail "after a kill at step $nth (version $at): $(cat resumed)"
	has '; 0 findings'
	((rc != 0)) || break
done
((rc == 0)) || fail 'it never ends'
((old > 1 && new > 1)) || fail "only $old kills before and $new after the new envelope"
ok sr verify
ok sr rebuild
has 'equal'
ok as cu1 checkout "$ITEM" --right quarantine --json
LOOK=$(json checkout)
ok as cu1 cat "$LOOK" box/a.zip/two.txt
same "$OUT" 'the second'

#!/bin/bash
# A scanner that is stopped holds nobody: core answers others at once while it is asked who it is, while a file waits for it,
# and when its queue is full. What it did not look at says so, and one that gave no answer is not asked file by file.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

sandboxed
unset STRONGROOM_INTAKE
founded
mkdir papers
for n in $(seq 12); do printf 'page %s\n' "$n" >"papers/$n.txt"; done
# A clamd that says who it is, and then as it is told: in the file `mode`.
cat >clamd.py <<'E2'
import select, socket, time
s = socket.socket(socket.AF_UNIX)
s.bind('clamd')
s.listen(1)
kept = []
while True:
    mode = open('mode').read().strip()
    if mode == 'deaf':
        time.sleep(0.05)
        continue
    if not select.select([s], [], [], 0.05)[0]:
        continue
    c, _ = s.accept()
    kept.append(c)
    if mode == 'mute':
        continue
    if c.recv(9) == b'zVERSION\0':
        c.sendall(b'ClamAV 1.4.6/27500/Mon Nov 24 10:11:12 2025\0')
        c.close()
E2
echo well >mode
bound python3 clamd.py &
BESIDE_PID=$!
for _ in $(seq 100); do [[ ! -S clamd ]] || break; sleep 0.05; done
printf 'clamd %s/clamd\n' "$W" >scanners.txt
ok sr intake scanners scanners.txt
has 'ClamAV 1.4.6'
core
# Another caller's answers while core has an item to scan: the slowest of 10, in ms.
slowest() {
	local worst=0 began ms
	for _ in $(seq 10); do
		began=$(date +%s%N)
		as au status --json >status.json 2>status.err || fail "status: $(cat status.err)"
		ms=$((($(date +%s%N) - began) / 1000000))
		((ms <= worst)) || worst=$ms
	done
	echo "$worst"
}
usual=$(slowest) || exit 1
for mode in mute deaf; do
	echo "$mode" >mode
	as de deposit papers --collection box --json >d.json 2>err || fail "deposit: $(cat err)"
	item=$(json item.0 d.json)
	# It is asked who it is, for 5 s: nobody waits for that.
	worst=$(slowest) || exit 1
	((worst < usual + 2500)) || fail "$mode: another caller waited $worst ms (usually $usual)"
	for _ in $(seq 240); do
		ok as cu1 intake show "$item" --json
		[[ $(jq '[.scan[]] | length' out) -eq 0 ]] || break
		sleep 0.1
	done
	same "$(json scan.0.result)" not-scanned
	jq -e '.scan[0].finding | tostring | test("nothing for 5000 ms|no connection for 5000 ms")' out >/dev/null ||
		fail "$mode: it is not said why: $(jq -c .scan out)"
done
core_stop

#!/bin/bash
# Scanners look at held items, on the record: a command of the site, and clamd where there is one. Only a whole look without a
# name is clean; what is found is told to who may know it, and nothing is dropped.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
mkdir papers
printf 'all well\n' >papers/a.txt
printf 'the marker-word of this test\n' >papers/b.txt
printf 'all well, too\n' >papers/c.txt
ln -s a.txt papers/link
as de deposit papers --collection box --json >d.json
bad=$(json item.0 d.json)
deposit papers/a.txt
good=$ITEM
# No scanner: it says who does what.
refused 1 'intake scanners' as cu1 intake scan "$good"
ok sr intake scanners
has '^none'
cat >scan.sh <<'E2'
#!/bin/sh
if grep -q marker-word; then echo Test.Marker; exit 1; fi
E2
chmod +x scan.sh
printf 'nonsense\n' >bad.txt
refused 2 'line 1: want' sr intake scanners bad.txt
printf 'command scan.sh\n' >bad.txt
refused 2 'line 1: .*whole path' sr intake scanners bad.txt
printf 'clamd %s/nobody\n' "$W" >bad.txt
refused 5 'Is clamd running' sr intake scanners bad.txt
printf '# ours\ncommand %s/scan.sh\n' "$W" >scanners.txt
ok sr intake scanners scanners.txt
has 'scan.sh'
# Who has only the disks writes no command into it that the vault would run.
cp vault/scanners kept
printf 'command %s/scan.sh\n' "$W" >vault/scanners
refused 3 'not written under the keys' as cu1 intake scan "$good"
sed 's/^# ours/# mine/' kept >vault/scanners
refused 3 'not written under the keys' sr intake scanners
cp kept vault/scanners
ok as cu1 intake list --scanned never
same "$(wc -l <out)" 2
refused 1 'curator' as de intake scan "$good"
ok as cu1 intake scan "$good" "$bad"
has 'clean by .*scan.sh: 1 clean, 0 infected, 0 not scanned'
has 'infected by .*scan.sh: 2 clean, 1 infected, 1 not scanned'
has 'papers/b.txt: Test.Marker'
has 'papers/link: a symbolic link'
ok as cu1 intake list --scanned infected --json
same "$(json 0.id)" "$bad"
ok as cu1 intake list --scanned never
has 'nothing of the kind'
refused 2 'clean, stale, infected' as cu1 intake list --scanned dirty
# In the log; the finding only for who may know it.
ok as au log --type scan --json
same "$(jq -s 'flatten | length' out)" 2
hasnt 'Test.Marker'
ok as cu2 show "$bad"
has 'Test.Marker'
refused 1 'there is no item' as ri show "$bad"
# Nobody has it open afterwards, and another look is another statement.
ok as cu2 checkouts --live --json
same "$(jq length out)" 0
core
ok as cu2 intake scan "$bad" --json
same "$(json 0.scan.0.result)" infected
same "$(json 0.finding.0.text)" Test.Marker
core_stop
ok as au log --type scan --json
same "$(jq -s 'flatten | length' out)" 3
# A scanner that fails is not clean.
printf '#!/bin/sh\nexit 3\n' >scan.sh
ok as cu1 intake scan "$good"
has 'not-scanned by .*: 0 clean, 0 infected, 1 not scanned'
has 'status 3|before it had all'
# What is released cannot be looked at this way.
ok as cu1 describe "$good" --title good
refused 1 'rule dangerous-with-reason\): .*released with a written reason' as cu2 release "$good"
ok as cu2 release "$good" --reason 'a scanner of ours is broken'
refused 1 'held' as cu1 intake scan "$good"
if [[ -x /usr/sbin/clamd ]]; then
	mkdir db
	printf 'Test.Word:0:*:%s\n' "$(printf 'marker-word' | xxd -p)" >db/local.ndb
	printf 'LocalSocket %s/clamd\nDatabaseDirectory %s/db\nForeground yes\nSelfCheck 0\n' "$W" "$W" >clamd.conf
	bound /usr/sbin/clamd -c clamd.conf >clamd.log 2>&1 &
	BESIDE_PID=$!
	for _ in $(seq 200); do [[ ! -S clamd ]] || break; sleep 0.05; done
	printf 'clamd %s/clamd\ncommand %s/scan.sh\n' "$W" "$W" >scanners.txt
	ok sr intake scanners scanners.txt
	has 'ClamAV'
	ok as cu1 intake scan "$bad"
	has 'infected by ClamAV.*: 2 clean, 1 infected, 1 not scanned'
	has 'papers/b.txt: Test.Word.UNOFFICIAL'
	has 'not-scanned by .*scan.sh'
	ok as cu1 show "$bad"
	has 'Test.Word.UNOFFICIAL'
fi
ok sr intake scanners /dev/null
has '^none'
ok sr verify
ok sr rebuild

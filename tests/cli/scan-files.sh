#!/bin/bash
# A scanner names something in one file: that file is not read, nor what came out of it; the others are, and each file says which
# it was.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

sandboxed
founded
mkdir box
python3 - <<'END2'
import zipfile
with zipfile.ZipFile('box/bad.zip', 'w') as z:
    z.writestr('one.html', '<html><p>the marker-word')
    z.writestr('two.html', '<html><p>the second')
with zipfile.ZipFile('box/good.zip', 'w') as z:
    z.writestr('three.html', '<html><p>the third')
open('box/a.html', 'w').write('<html><p>hello there</html>')
open('box/b.html', 'w').write('<html><p>marker-word</html>')
END2
cat >scan.sh <<'END2'
#!/bin/sh
if grep -q marker-word; then echo Test.Marker; exit 1; fi
END2
chmod +x scan.sh
printf 'command %s/scan.sh\n' "$W" >scanners.txt
ok sr intake scanners scanners.txt
deposit box
ok sr intake run
has 'nothing is left'
ok as cu1 show "$ITEM" --json
jq -r '.file[].path' out >paths
same "$(grep '(text)$' paths | tr '\n' ' ')" 'box/a.html/(text) box/good.zip/three.html/(text) '
ok as cu1 intake show "$ITEM" --json --limit 500
cp out shown
same "$(jq -r '.step[] | select(.step == "text") | .result' shown)" partly
same "$(jq -r '.step[] | select(.step == "scan") | .result' shown)" infected
# said PATH: the fact `text` of that file.
said() { jq -r --arg n "$(($(grep -nxF "$1" paths | cut -d: -f1) - 1))" '.fact[] | select(.file == $n and .key == "text") | .value' shown; }
same "$(said box/b.html)" 'not read: a scanner named something in it'
same "$(said box/bad.zip)" 'not read: a scanner named something in it'
same "$(said box/bad.zip/one.html)" 'not read: a scanner named something in it'
same "$(said box/bad.zip/two.html)" 'not read: it came out of a file in which a scanner named something'
said box/a.html | grep -q '^whole, 1 part' || fail "a.html: $(said box/a.html)"
said box/good.zip/three.html | grep -q '^whole, 1 part' || fail "three.html: $(said box/good.zip/three.html)"
jq -e '[.fact[] | select(.key == "scan") | .value] | length == 3 and all(test("^infected by .*scan.sh: Test.Marker$"))' shown \
	>/dev/null || fail 'which files were named is not said'
# What stays unread is evidence: the bytes are there, for curators.
ok as cu1 checkout "$ITEM" --right quarantine --json
LOOK=$(json checkout)
ok as cu1 cat "$LOOK" box/b.html
has 'marker-word'
ok as cu1 return "$LOOK"

# More than a statement keeps findings of: the facts know all.
mkdir many
for n in $(seq 80); do echo "<html><p>marker-word $n" >"many/bad$n.html"; done
echo '<html><p>hello' >many/good.html
deposit many
ok sr intake run
ok as cu1 show "$ITEM" --json
same "$(jq -r '[.file[].path | select(endswith("(text)"))] | join(" ")' out)" 'many/good.html/(text)'
# Killed when the scan has its statement, and its facts have not yet: they are not lost, or nothing is read.
deposit many
core=0
for nth in $(seq 40 7 200); do
	rc=0
	SR_FAULT=$nth:-1 sr intake run >out 2>err || rc=$?
	((rc == 137)) || break
	core=$((core + 1))
done
((core > 3)) || fail "only $core kills"
ok sr intake run
ok as cu1 show "$ITEM" --json
texts=$(jq -r '[.file[].path | select(endswith("(text)"))] | join(" ")' out)
[[ $texts = 'many/good.html/(text)' || $texts = '' ]] || fail "read after kills: $texts"
ok sr verify
ok sr rebuild

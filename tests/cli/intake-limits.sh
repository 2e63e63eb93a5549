#!/bin/bash
# Each limit of the intake policy, reached: what is behind it is an entry with its reason, what is before it is there, and the
# evidence is whole. Nothing is dropped without a word.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

sandboxed
founded
mkdir box
python3 - <<'END'
import io, zipfile
def zipped(*members):
    b = io.BytesIO()
    with zipfile.ZipFile(b, 'w', zipfile.ZIP_DEFLATED) as z:
        for name, body in members:
            z.writestr(name, body)
    return b.getvalue()
def put(name, body):
    open('box/' + name, 'wb').write(body)
put('a-deep.zip', zipped(('one.zip', zipped(('two.zip', zipped(('three.txt', 'out of reach\n')))))))
put('b-many.zip', zipped(*(('m%d.txt' % n, 'member %d\n' % n) for n in range(9))))
put('c-name.zip', zipped(('x' * 120, 'a long name\n'), ('short', 'a short one\n')))
put('d-scan', b'y' * 2001)
# Texts that are made: two of the item, and so many bytes of both.
for name, words in ('f-one', 'first'), ('g-two', 'w' * 400), ('h-three', 'third'), ('i-four', 'fourth'):
    put(name + '.html', b'<!DOCTYPE html><p>%s</p>\n' % words.encode())
# Of all that comes out of the item; this is the last container.
put('e-bytes.zip', zipped(('before', 'z' * 1000), ('large', 'z' * 30000), ('after', 'z')))
END
# Names alone, of which there is more than the item's list of files may hold.
mkdir names
python3 - <<'END'
import tarfile
with tarfile.open('names/many.tar.gz', 'w:gz', format=tarfile.GNU_FORMAT, compresslevel=1) as t:
    for n in range(8400):
        t.addfile(tarfile.TarInfo('%06d' % n + 'x' * 4070))
END
deposit names
ok sr intake run
has 'nothing is left to do'
ok as cu1 intake show "$ITEM" --key unpacked
has 'capped: the item.s lists of files and facts have no room for more names'
ok as cu1 intake show "$ITEM" --key unreadable --limit 1 --json
same "$(json total)" 1
ok as cu1 intake show "$ITEM" --key of --limit 1 --json
N=$(json total)
((N > 7000 && N < 8400)) || fail "$N members came out"
cat >scan.sh <<'E2'
#!/bin/sh
cat >/dev/null
E2
chmod +x scan.sh
printf 'limit %s\n' 'depth 2' 'members 5' 'name 100' 'bytes 20000' 'scan-bytes 2000' 'texts 2' 'text-bytes 300' >scanners.txt
printf 'command %s/scan.sh\n' "$W" >>scanners.txt
ok sr intake scanners scanners.txt
deposit box
ok sr intake run
ok as cu1 show "$ITEM" --json
jq -r '.file[].path' out >paths
cp out files.json
at() { jq -r --arg p "$1" '[.file[].path] | index($p)' files.json; }
kind() { jq -r --arg p "$1" '.file[] | select(.path == $p) | .kind' files.json; }
there() { grep -qxF "$1" paths || fail "$1 is not in the item"; }
gone() { ! grep -qxF "$1" paths || fail "$1 is in the item"; }
ok as cu1 intake show "$ITEM" --json --limit 500
cp out facts.json
# The fact KEY of a file, in words.
fact() { jq -r --arg f "$(at "$1")" --arg k "$2" '.fact[] | select(.file == $f and .key == $k) | .value' facts.json; }
# Depth: the container at the limit is kept, and it is said that nobody looked into it.
there box/a-deep.zip/one.zip/two.zip
gone box/a-deep.zip/one.zip/two.zip/three.txt
same "$(fact box/a-deep.zip/one.zip/two.zip not-looked-into)" 'it lies too deep'
# Members: five, and an entry for the rest.
for n in 0 1 2 3 4; do there "box/b-many.zip/m$n.txt"; done
gone box/b-many.zip/m5.txt
same "$(kind 'box/b-many.zip/(the rest)')" unreadable
same "$(fact box/b-many.zip unpacked)" 'capped: there are more members than may be taken out'
# Name: cut, with the whole of it beside; its content is there.
long=$(grep '~cut$' paths) || fail 'no name was cut'
same ${#long} 100
same "$(fact "$long" cut)" "$(printf 'x%.0s' $(seq 120))"
there box/c-name.zip/short
same "$(kind "$long")" regular
# Bytes of the item: what came before is there, the one that reaches it is told, and so is the rest.
there box/e-bytes.zip/before
same "$(kind box/e-bytes.zip/large)" unreadable
gone box/e-bytes.zip/after
same "$(kind 'box/e-bytes.zip/(the rest)')" unreadable
same "$(fact box/e-bytes.zip unpacked)" 'capped: there are more bytes than may be taken out'
# The step says that it is not all, and every unreadable entry has its reason.
same "$(jq -r '.step[] | select(.step == "inspect") | .result' facts.json)" partly
for p in 'box/b-many.zip/(the rest)' 'box/e-bytes.zip/(the rest)' box/e-bytes.zip/large; do
	[[ $(fact "$p" unreadable) == 'capped: there are more '* ]] || fail "$p has no reason"
done
same "$(jq -r '[.file[] | select(.kind == "unreadable")] | length' files.json)" 3
# Texts: the one that is too long for what is left is told, as is the one too many.
there 'box/f-one.html/(text)'
gone 'box/g-two.html/(text)'
same "$(fact box/g-two.html text-not-kept)" 'the texts of the item may have 300 bytes (limit text-bytes)'
there 'box/h-three.html/(text)'
gone 'box/i-four.html/(text)'
same "$(fact box/i-four.html text-not-kept)" 'the item has 2 texts, and may have no more (limit texts)'
same "$(jq -r '.step[] | select(.step == "text") | .result' facts.json)" partly
# Bytes of a scan: not scanned, with why.
same "$(jq -r '.scan[0].result' facts.json)" not-scanned
jq -e '.scan[0].finding[] | select(test("box/d-scan: not-scanned: it is larger than the 2000 bytes that are scanned here"))' facts.json >/dev/null ||
	fail 'nobody says why it was not scanned'
same "$(jq -r '.scan[0].finding | length' facts.json)" 4 # that file, and three that are not there
# The evidence is whole whatever the limits are.
as cu1 checkout "$ITEM" --right quarantine --json >k.json
ok as cu1 cat "$(json checkout k.json)" "$long"
same "$OUT" 'a long name'
for f in box/*; do
	same "$(jq -r --arg p "$f" '.file[] | select(.path == $p) | .size' files.json)" "$(stat -c %s "$f")"
done
ok sr verify

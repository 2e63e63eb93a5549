#!/bin/bash
# An exported log is a C2SP tlog-tiles log: another reader reads it over a plain web server; exports go on where the last
# one ended, repair what an interrupted one left, and refuse to follow another history.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

command -v python3 >/dev/null || skip "python3 is not there"
: "${STRONGROOM_VERIFY:?the test build of strongroom-verify}"
founded
as m1 board minutes >minutes.txt
KEY=$(grep -A1 '^Ledger key' minutes.txt | tail -n 1 | tr -d ' ')
READER=$SR_SOURCE/tests/cli/tlog_reader.py
umask 022

# serve DIR: a web server of Python's own; URL.
serve() {
	bound python3 -u -c 'import functools, http.server, sys
h = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), h)
print(s.server_port)
sys.stdout.flush()
s.serve_forever()' "$1" >port 2>http.log &
	CORE_PID=$!
	local i
	for ((i = 0; i < 200; i++)); do [[ ! -s port ]] || break; sleep 0.05; done
	URL=http://127.0.0.1:$(cat port)
}
verify() { "$STRONGROOM_VERIFY" "$@" --key "$KEY"; }

ok sr log export log --json
SIZE=$(json entries)
same "$(json before)" 0
same "$(stat -c %a log log/tile/entries log/checkpoint | tr '\n' ' ')" '755 755 644 ' modes
same "$(cat log/vkey)" "$KEY"
grep -q 'strongroom-verify log' log/README.txt || fail "README.txt does not say how it is checked"
serve log
ok python3 "$READER" "$URL" "$KEY"
has "^size $SIZE root "
ok verify log log
has "$SIZE entries"
hasnt 'no tiles'
cp log/checkpoint first.checkpoint
# What it carries reads it, too, and says what the formats are.
ok python3 log/reader.py log log "$KEY"
has "^size $SIZE root "
cp -a log spoilt
flip spoilt/tile/entries/000.p/"$(ls log/tile/entries/000.p)" 900
refused 1 'reader: ' python3 log/reader.py log spoilt "$KEY"
rm -rf spoilt
grep -q 'strongroom/aead-commit/v1' log/formats.txt || fail 'formats.txt does not say how entries are sealed'
grep -q 'SRE1' log/formats.txt || fail 'formats.txt does not say what an entry is'

# The same again changes nothing.
find log -type f -printf '%p %T@ %i\n' | grep -v '/[.]lock ' | sort >before
ok sr log export log --json
same "$(json files)" 0
find log -type f -printf '%p %T@ %i\n' | grep -v '/[.]lock ' | sort | diff before - || fail 'an export of nothing new wrote'

# Beyond one full tile, from there on, over the core's socket, by somebody with a name.
mkdir in && echo path,title >in/rows.csv
for i in $(seq 1 245); do echo "$i" >"in/$i" && echo "$i,t$i" >>in/rows.csv; done
as de deposit --rows in/rows.csv --collection box --json >d.json 2>err || fail deposit
as cu1 describe --rows in/rows.csv --accession "$(json accession d.json)" --quiet >/dev/null
ok as au log export log --json
BEFORE=$(json before) NOW=$(json entries)
same "$BEFORE" "$SIZE"
((NOW > 256)) || fail "$NOW entries"
ok python3 "$READER" "$URL" "$KEY"
has "^size $NOW root "
ok verify log log --since first.checkpoint
has "continues first.checkpoint .$SIZE entries"
has 'partial files of earlier sizes'
ok verify consistency first.checkpoint log/checkpoint --log log

# In two steps it is what it is in one, but for the partial files of the first.
ok sr log export whole
[[ -f whole/tile/entries/000 && -f whole/tile/0/000 && -f whole/tile/1/000.p/1 ]] || fail "$(find whole)"
diff -r -x .lock whole log >differ || true
same "$(grep -cv '^Only in log/tile/[0e].*: 000[.]p$' differ)" 0 'an export in two steps differs from one in one'

# An interrupted one: without its checkpoint, and with a file that is cut.
cp -r log torn && rm torn/checkpoint && truncate -s 100 torn/tile/0/000 && truncate -s 1000 torn/tile/entries/000
ok sr log export torn
diff -r -x .lock torn log || fail 'an interrupted export was not finished'
# What it left is whole, but not what the log says: written anew.
cp -r log wrong && rm wrong/checkpoint && flip wrong/tile/entries/000 5000
ok sr log export wrong
diff -r -x .lock wrong log || fail 'wrong bytes of an interrupted export stayed'

# Not a folder of ours; not this log; another history.
mkdir other && echo x >other/README.txt
refused 1 'not empty and holds no export' sr log export other
same "$(cat other/README.txt)" x
cp -r log damaged && rm damaged/tile/0/000
refused 3 'earlier export.*tile/0/000 is missing' sr log export damaged

#!/bin/bash
# Entries outside the vault: canonical JSON a line each, the same bytes for everybody; one entry with its proof and keys,
# which somebody without a vault reads, and nobody can have changed.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

command -v python3 >/dev/null || skip "python3 is not there"
founded
as m1 board minutes >minutes.txt
KEY=$(grep -A1 '^Ledger key' minutes.txt | tail -n 1 | tr -d ' ')
echo text >f
released f
as ri request "$ITEM" --purpose research --ends 30d --reason $'Die "Akten"\tüber\n den \x01 Streik \\ 1974' --json >r.json
REQUEST=$(json request r.json)

# --- canonical JSON: what another writer makes of the same values ---
ok as of log --lines --quiet
cp out lines
(($(wc -l <lines) > 20)) || fail "$(wc -l <lines) lines"
python3 - lines <<'EOF' || fail 'not canonical'
import json, sys
for line in open(sys.argv[1], encoding="utf-8", newline="\n"):
    value = json.loads(line)
    again = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert again + "\n" == line, line
EOF
grep -qF '"text":"Die \"Akten\"\tüber\n den \u0001 Streik \\ 1974"' lines || fail 'the reason is not there as RFC 8785 writes it'
ok as of log --lines --quiet
cmp out lines || fail 'twice the same log is not the same bytes'
ok as of log --json --quiet
same "$(jq -c . out | jq -c '.[]' | sha256sum)" "$(jq -c . lines | sha256sum)" 'lines and the list differ'

# --- finding ---
ok as of log --grep 'STREIK' --lines --quiet
same "$(jq -r .type out)" request
ok as of log --grep "$ITEM" --lines --quiet
has '"type":"describe"'
ok as of log --grep 'nothing has this in it' --lines --quiet
same "$(cat out)" ''

# --- one entry, for somebody else ---
ok as ri log disclose "$REQUEST" --out letter --json
same "$(json type)" request
INDEX=$(json entry)
same "$(stat -c %a letter.keys)" 600
nobody() { env -u STRONGROOM_VAULT -u STRONGROOM_UNLOCK -u STRONGROOM_STATE "$STRONGROOM_T" "$@"; }
ok nobody log open letter --key "$KEY" --json
same "$(cat out)" "$(jq -c "select(.index == $INDEX)" lines)" 'what is opened is not the entry'
# And by the reader that every exported log carries: Python 3, nothing of ours.
refused 1 'reader.py log DIR VKEY +checks' python3 "$SR_SOURCE/verify/reader.py" letter
refused 1 'checks nothing' python3 -O "$SR_SOURCE/verify/reader.py" open letter "$KEY"
ok python3 "$SR_SOURCE/verify/reader.py" open letter "$KEY"
has "^entry $INDEX, received "
has '^  strongroom/request/v1$'
has '^  purpose research$'
has '^  text of reason, of p-[0-9a-f]+: Die "Akten".x09über.x0a den .x01 Streik . 1974$'
ok python3 "$SR_SOURCE/verify/reader.py" proof letter.tlog-proof "$KEY"
cp letter.tlog-proof other.tlog-proof
sed 's/^\(compartment structural \)./\1_/; s/_/B/' letter.keys >other.keys
cmp -s letter.keys other.keys && sed 's/^\(compartment structural \)./\1C/' letter.keys >other.keys
refused 1 'another key' python3 "$SR_SOURCE/verify/reader.py" open other "$KEY"
rm other.*
ok nobody log open letter.tlog-proof --key "$KEY" --fingerprint "$FINGERPRINT"
has 'request'
has "it is entry $INDEX of the log of test.example/vault"
ok "$STRONGROOM_VERIFY" receipt letter.tlog-proof --key "$KEY"
# Who may not read a text has no key of it to give away.
ok as au log disclose "$REQUEST" --out bare --json
same "$(json readable)" 0
ok nobody log open bare --key "$KEY"
hasnt 'Streik'
refused 1 'not for p-' as de log disclose "$REQUEST" --out stolen
[[ ! -e stolen.keys ]] || fail 'keys were written'
refused 1 'exists|there' as ri log disclose "$REQUEST" --out letter

# --- what is no disclosed entry ---
refused 2 'key VKEY is missing' nobody log open letter
refused 2 'want name.keyid.base64' nobody log open letter --key VKEY # what was typed, and nothing is damaged
hasnt 'backup'
refused 3 'another vault' nobody log open letter --key "$KEY" --fingerprint "${FINGERPRINT//[0-7]/8}"
refused 3 '' nobody log open letter --key 'example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx'
ok as ri log disclose 0 --out zero
cp zero.keys mixed.keys && cp letter.tlog-proof mixed.tlog-proof
refused 3 '' nobody log open mixed --key "$KEY"
cp letter.tlog-proof spoilt.tlog-proof
sed '/^compartment structural /s/ [A-Za-z]/ Q/2' letter.keys >spoilt.keys
cmp -s letter.keys spoilt.keys || refused 3 '' nobody log open spoilt --key "$KEY"
refused 1 'no such|not there|NOTFOUND|not found|No such' nobody log open nothing --key "$KEY"

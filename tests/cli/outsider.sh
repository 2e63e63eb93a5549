#!/bin/bash
# What an outsider finds with strongroom-verify, the log's key and what they kept: a fork, a cut tail, an edited, swapped
# or replayed entry, a replaced checkpoint, a rolled-back vault. Where only a memory helps, that is shown as well: such a
# thing passes without one, so somebody else must remember (a receipt, an older checkpoint, a witness).
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

command -v python3 >/dev/null || skip "python3 is not there"
: "${STRONGROOM_VERIFY:?the test build of strongroom-verify}"
founded
as m1 board minutes >minutes.txt
KEY=$(grep -A1 '^Ledger key' minutes.txt | tail -n 1 | tr -d ' ')
verify() { "$STRONGROOM_VERIFY" "$@" --key "$KEY"; }
export_to() { ok sr log export "$1" --quiet; }

# --- receipts ---
echo text >f && deposit f
as cu1 describe "$ITEM" --title t --quiet >/dev/null
as cu2 release "$ITEM" --quiet >/dev/null
requested "$ITEM"
ok as ri log prove "$REQUEST" --out request.tlog-proof --json
INDEX=$(json entry)
ok verify receipt request.tlog-proof
has "entry $INDEX .* is in the log of test.example/vault"
has 'nothing was asked of witnesses'
ok python3 "$SR_SOURCE/tests/cli/tlog_reader.py" --proof request.tlog-proof "$KEY"
# A short id, also one of digits alone; and the entry by its number, with and without a word for it.
ok as ri log prove "${REQUEST:0:8}" --out short.tlog-proof
ok verify receipt short.tlog-proof
ok as ri log prove "@$INDEX" --out number.tlog-proof
cmp -s short.tlog-proof number.tlog-proof || fail 'the request and its entry are proven by two proofs'
refused 2 'after @ comes the number of an entry' as ri log prove '@12x' --out no.tlog-proof
ok as de log prove "$ITEM" --out item.tlog-proof
ok sr log prove 0 --out zero.tlog-proof
ok verify receipt zero.tlog-proof
# Depositor, researcher and voter have theirs with the answer: what they signed, proven, before anything else happens; and
# read it with the log's key alone.
theirs() { # NAME TYPE ACTOR
	ok verify receipt "$1.tlog-proof"
	ok sr log open "$1" --key "$KEY" --json
	same "$(json type)" "$2"
	same "$(json actor)" "$3"
}
echo more >g
ok as de deposit --collection box --receipt deposited g
theirs deposited accession "$(who de)"
ok as ri request "$ITEM" --purpose research --form text --ends 20d --reason 'once more' --receipt asked --json
MORE=$(json request)
theirs asked request "$(who ri)"
ok as m1 vote "$MORE" approve --receipt voted
theirs voted vote "$(who m1)"
# Nobody gets another's by guessing indices: of a depositor's, of a request.
refused 1 "entry $INDEX is not for p-" as de log prove "$INDEX" --out no.tlog-proof
[[ ! -e no.tlog-proof ]] || fail 'a refused proof was written'
refused 1 'there are' sr log prove 999999 --out no.tlog-proof
# The entry from elsewhere; another one; one bit of the receipt.
sed -n 's/^extra //p' request.tlog-proof | base64 -d >entry
grep -v '^extra ' request.tlog-proof >bare.tlog-proof
ok verify receipt bare.tlog-proof --entry entry
refused 2 'give its bytes with --entry' verify receipt bare.tlog-proof
printf x >>entry
refused 1 'REFUSED.*does not lead to the root' verify receipt bare.tlog-proof --entry entry
refused 1 'REFUSED.*not the one in the receipt' verify receipt request.tlog-proof --entry entry
sed "s/^index $INDEX/index $((INDEX - 1))/" request.tlog-proof >moved.tlog-proof
refused 1 'REFUSED' verify receipt moved.tlog-proof
refused 1 'no key of test.example/vault was given' "$STRONGROOM_VERIFY" receipt request.tlog-proof \
	--key 'example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx'

# --- two histories from one point: the vault is copied, and both go on ---
export_to before
cp -r vault fork
as ri comment "$REQUEST" here --quiet >/dev/null
as ri comment "$REQUEST" again --quiet >/dev/null
ok as ri log prove "$REQUEST" --out late.tlog-proof
export_to log
STRONGROOM_VAULT=$W/fork STRONGROOM_STATE=$W/state2 as ri comment "$REQUEST" there --quiet >/dev/null
STRONGROOM_VAULT=$W/fork ok sr log export forked --quiet
STRONGROOM_VAULT=$W/fork STRONGROOM_STATE=$W/state2 as ri comment "$REQUEST" elsewhere --quiet >/dev/null
STRONGROOM_VAULT=$W/fork ok sr log export forked2 --quiet
for d in before log forked forked2; do ok verify log $d --since before/checkpoint; done # alone, each is fine
refused 1 'REFUSED.*forked: at size' verify log log --since forked/checkpoint
refused 1 'REFUSED.*forked: the log.s key signed two roots' verify consistency forked2/checkpoint log/checkpoint --log log
refused 1 'REFUSED.*does not lead to the old root' verify consistency forked/checkpoint log/checkpoint --log log
refused 1 'REFUSED.*forked' verify vault fork --since log/checkpoint
refused 3 'forked.*keep both' env STRONGROOM_VAULT="$W/fork" "$STRONGROOM_T" log export log
ok verify log log # which the refused export left as it was

# --- a tail that is cut: seen by a memory alone, when the checkpoint is an older one too ---
ok verify log before
refused 1 'REFUSED.*rolled back: late.tlog-proof shows a log of' verify log before --since late.tlog-proof
cp -r log cut && rm -r cut/tile/entries/000.p/*
refused 3 'DAMAGED.*is missing: the log was cut short' verify log cut
cp -r log cut2 && truncate -s -40 cut2/tile/entries/000.p/*
refused 3 'DAMAGED' verify log cut2
refused 1 'REFUSED.*rolled back: the log shrank' verify consistency log/checkpoint before/checkpoint --log log

# --- entries that are not what they were; whoever does it also makes all tiles anew ---
# change DIR HOW: edit one byte, swap two entries, replay an old one over another, or cut the last.
change() {
	python3 - "$1" "$2" <<'EOF'
import glob, hashlib, os, struct, sys
folder, how = sys.argv[1:]
path = max(glob.glob(folder + "/tile/entries/000.p/*"), key=lambda p: int(os.path.basename(p)))
data, entries = open(path, "rb").read(), []
while data:
    n = struct.unpack(">H", data[:2])[0]
    entries.append(data[2:2 + n])
    data = data[2 + n:]
if how == "edit":
    entries[3] = entries[3][:100] + bytes([entries[3][100] ^ 1]) + entries[3][101:]
elif how == "swap":
    entries[3], entries[4] = entries[4], entries[3]
elif how == "replay":
    entries[7] = entries[3]
for p in glob.glob(folder + "/tile/*/000.p/*"):
    w = int(os.path.basename(p))
    if "/entries/" in p:
        out = b"".join(struct.pack(">H", len(e)) + e for e in entries[:w])
    elif len(sys.argv) == 3:
        out = b"".join(hashlib.sha256(b"\0" + e).digest() for e in entries[:w])
    open(p, "wb").write(out)
EOF
}
for how in edit swap replay; do
	cp -r log "$how"
	change "$how" "$how"
	refused 1 'REFUSED.*do not make the root that the log.s key signed' verify log "$how"
done
# The same without making the tiles anew names the entry.
cp -r log edit2
change edit2 edit
cp log/tile/0/000.p/* edit2/tile/0/000.p/
refused 3 'DAMAGED.*entry 3 .slot 3. does not match its hash' verify log edit2

# --- a checkpoint that is not the log's ---
cp -r log other
sed -i '2s/.*/1/' other/checkpoint
refused 1 'REFUSED.*checkpoint' verify log other
cp forked2/checkpoint other/checkpoint # the log's own key, of another history
refused 1 'REFUSED.*do not make the root' verify log other
rm other/checkpoint
refused 3 'DAMAGED.*no checkpoint' verify log other
# Without the right key nothing counts, and the key that lies beside the log is not looked at.
refused 2 'key VKEY is missing' "$STRONGROOM_VERIFY" log log

# --- a whole vault, and one that was rolled back ---
ok verify vault vault --since before/checkpoint --since request.tlog-proof --since late.tlog-proof
has 'continues late.tlog-proof'
has 'each that the signed inventory names is whole'
has 'object files .* are what their names say'
cp -r vault old
rm -r old/ledger && cp -r fork/ledger old/ledger # an older ledger in a newer vault
refused 1 'REFUSED.*(rolled back|forked)' verify vault old --since late.tlog-proof
cp -r vault hurt
PACK=$(find hurt/packs -type f -name '[0-9a-f]*' | head -n 1)
flip "$PACK" 5000
refused 3 'DAMAGED.*packs/.*segment 1 of' verify vault hurt
ok verify vault hurt --log-only
# Nobody signed strongroom.conf: without the line of the fingerprint all of it is looked at still.
sed -i '/^fingerprint /d' hurt/strongroom.conf
refused 3 'DAMAGED.*packs/.*segment 1 of' verify vault hurt
has 'strongroom.conf has no line .fingerprint.'
flip "$PACK" 5000
ok verify vault hurt
has 'each that the signed inventory names is whole'
rm "$PACK"
refused 3 'DAMAGED.*packs/.*is missing' verify vault hurt
rm -r hurt && cp -r vault hurt
flip hurt/ledger/journal 2000
refused 3 'DAMAGED.*journal: the record at offset' verify vault hurt
rm hurt/ledger/checkpoint
refused 3 'DAMAGED.*published checkpoint is missing' verify vault hurt

# --- what is no question ---
refused 2 'no such file' verify receipt nothing
refused 2 'no such folder' verify log nothing
refused 2 'not a vault' verify vault log
refused 2 'takes no --entry' verify log log --entry entry
refused 2 'want one of' verify tour
usage() { # PIECE WORDS...
	local piece=$1
	shift
	refused 2 "usage: $piece" "$STRONGROOM_VERIFY" "$@" --key "$KEY"
}
times() { for ((i = 0; i < $1; i++)); do printf '%s\nlog/checkpoint\n' "$2"; done; }
usage '--checkpoint is given twice' log log --checkpoint a --checkpoint b
usage 'no option is called --colour' log log --colour
usage 'log takes DIR and nothing more' log log cut
usage 'log wants DIR' log
usage '--proof or --log, not both' consistency a b --proof p --log log
usage '--replayed takes no value' log log --replayed=yes
mapfile -t many < <(times 257 --since)
usage '--since: more than 256 files' log log "${many[@]}"
mapfile -t many < <(times 65 --key-change)
usage '--key-change: more than 64 files' log log "${many[@]}"

# A file that is longer than any of its kind is damage, and what could not be printed was not said.
cp -r log long
head -c 1100000 /dev/zero | tr '\0' 'x' >long/checkpoint
refused 3 'DAMAGED: checkpoint' verify log long
# shellcheck disable=SC2016 # its own words
refused 5 'not checked: standard output cannot be written' bash -c '"$0" receipt zero.tlog-proof --key "$1" >/dev/full' \
	"$STRONGROOM_VERIFY" "$KEY"

#!/bin/bash
# What a deposit is called until a curator describes it: a folder by its own name, a file by its path, and --title before both.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
mkdir -p 'camp diary/1994/sub' "$(printf 'odd\xff\nname')"
printf 'a\n' >'camp diary/a.txt'
printf 'b\n' >'camp diary/1994/b.txt'
printf 'c\n' >"$(printf 'odd\xff\nname')/c.txt"
titled() {
	as de show "$ITEM" --json >"$W/t.json"
	same "$(json title "$W/t.json")" "$1"
}
deposit 'camp diary/'
titled 'camp diary'
deposit 'camp diary/a.txt'
titled 'a.txt'
deposit 'camp diary' --title 'A diary'
titled 'A diary'
cd 'camp diary'
deposit .
titled 'camp diary'
cd ..
deposit --each folder 'camp diary'
titled '1994'
deposit "$(printf 'odd\xff\nname')"
ok as de list
hasnt 'c\.txt$'

# One that is too long does not end within a character.
long=$(printf 'a%.0s' {1..22})$(printf 'é%.0s' {1..100})
mkdir -p "deep/$long/$long/$long/$long/$long"
echo d >"deep/$long/$long/$long/$long/$long/d"
deposit --each file deep
titled "deep/$long/$long/$long/$long/$(printf 'a%.0s' {1..22})$(printf 'é%.0s' {1..52})"
deposit "$W/d.json" --title "a$(printf 'é%.0s' {1..600})"
titled "a$(printf 'é%.0s' {1..511})"

# Who asks a running core has to say so, and is told how.
core
refused 1 '--as IDENTITY' sr status
refused 1 'identity new' sr list --as "$W/d.json" --passphrase-file "$W/pass"
core_stop
# A fingerprint that differs at its end is shown whole.
refused 1 "${FINGERPRINT:10:50}" as ri list --fingerprint "${FINGERPRINT%?????}00000"
has "${FINGERPRINT%?????}00000"

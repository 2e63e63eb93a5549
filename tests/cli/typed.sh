#!/bin/bash
# What people type is judged as what they typed: a word that cannot be one is refused with what there is, before anybody is
# asked for anything, and nothing says that the vault is damaged.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo x >x
released x
RI=$(who ri)
wrong() { # PIECE COMMAND...
	refused 2 "$@"
	hasnt 'backup|damaged'
}

# Tokens.
wrong 'purpose: "Research" is no token.*research, teaching' as ri request "$ITEM" --purpose Research --ends 3d --reason r
wrong 'form: "Text" is no token.*text' as ri request "$ITEM" --purpose research --form Text --ends 3d --reason r
wrong 'form: "PDF" is no token' as ri checkout "$ITEM" --form PDF
wrong 'right: "x y" is no token' as ri checkout "$ITEM" --right 'x y'
wrong 'role: "Curator" is no token.*curator' as cu1 person add ri.id.card --role Curator
wrong 'role: "Curator" is no token' as cu1 person add ri.id.card --role officer,Curator
wrong 'kind: "Training" is no token.*training' as of attest "$RI" --kind Training --term x
wrong 'term: "Trauma Awareness" is no token.*trauma-awareness' as of attest "$RI" --kind training --term 'Trauma Awareness'
wrong 'kind: "Court" is no token.*court' as of enquiry open --kind Court --text x
wrong 'ground: "Order" is no token.*order' as m1 person erase "$RI" --ground Order --reason x
wrong 'hazard: "Hate" is no token' as cu2 release "$ITEM" --hazard Hate
wrong 'basis: "The law" is no token' as cu1 retention "$ITEM" --due 100d --basis 'The law'
requested "$ITEM"
wrong 'training: "Trauma X" is no token' as m1 vote "$REQUEST" approve --training 'Trauma X'
wrong 'form: "Text" is no token' as m1 vote "$REQUEST" approve --form text,Text

# An identity is no card.
refused 1 'ri.id is an identity.*its card is wanted: .*ri.id.card' as cu1 person add ri.id --role researcher
hasnt 'backup|damaged'
refused 1 'ri.id is an identity' as of attest ri.id --kind training --term x
hasnt 'backup|damaged'
refused 1 'no card' as cu1 person add x --role researcher
hasnt 'backup|damaged'

# A person may be shortened, too.
ok as of person show "${RI:0:10}"
has "^${RI:0:10} is $RI, Name of ri"
ok as of attest "${RI:0:10}" --kind training --term trauma-awareness
ok as of person show "$RI"
has 'trauma-awareness'
refused 1 '0 persons begin with p-' as of person show "p-$(tr 0-9a-f 1-9a-f0 <<<"${RI:2:14}")"

# The fingerprint as it stands on paper.
ok as ri list --fingerprint "$(fold -w 4 <<<"$FINGERPRINT" | tr '\n' ' ')"

# A reason of nothing is none.
wrong 'reason: the text is empty' as ri request "$ITEM" --purpose research --ends 30d --reason ''
wrong 'reason: the text is empty' as ri request "$ITEM" --purpose research --ends 30d --reason $' \t\n'
: >nothing
wrong 'reason: the text is empty' as of hold "$ITEM" --reason-file nothing
wrong 'the comment is empty' as ri comment "$REQUEST" ''
# A collection has a name that can be typed, and its own.
for name in '' '  ' ' box' $'a\nb' $'a\tb'; do wrong 'name of a collection' as m1 collection new "$name"; done
refused 1 'there is a collection "box" already' as m1 collection new box
# One form of a key, on the screen and on paper.
ok as m1 board minutes
key=$(grep -A2 "$RI\|$(who m1)" out | sed -n '2,3s/^ *//p' | tr '\n' ' ')
same "$(wc -w <<<"$key")" 8
ok sr identity show m1.id
has "key +${key% }"
ok as ri person show "$(who m1)"
has "key +${key% }"
ok as ri board show
has "${key% }"

# What is not there is said to be missing, and why.
refused 1 'no collection has the name "nope"' as de deposit x --collection nope
granted "$ITEM"
checked_out "$ITEM"
ok as m1 suspend "$GRANT" --reason 'a question'
refused 1 'no live checkout' as ri cat "$CHECKOUT"
has "that checkout is [a-z]+; its grant ${GRANT:0:12} is suspended"
ok as ri search 'foo:bar'
has 'before a colon stands a field: title'
ok as ri search 'foobar'
hasnt 'before a colon'
ok as m2 inbox
has 'vote [0-9a-f]{12} approve'
hasnt ' ID'
ok sr describe --help
has 'once for each value'
rm -r vault vault.key state
empty
ok sr board new --member m{1,2,3}.id.card --level 2 --curator cu1.id.card --officer of.id.card --auditor au.id.card \
	--custodian ke.id.card --i-accept-loss "$(loss 3 2)"
refused 1 'not founded yet' as m1 board accept
has 'board deal'
# Another file than the one that is meant is no damage of the vault, which nobody was asked for.
echo 'not it' >other
refused 1 'no card' sr identity show other
has 'identity new'
hasnt 'backup'
refused 1 'no card' sr identity age other
cp other other.tlog-proof
cp other other.keys
refused 3 'tlog proof' sr log open other --key 'test.example/vault+0b1c2d3e+AZlL7MwQdtDnGz3mcIjP5BKQ40vIfkA4vYJTMkjjPl8p'
has 'log disclose'
hasnt 'backup'
person a
refused 3 'recovery' sr recover piece other --out piece --as a.id --passphrase-file pass
has 'recover begin'
hasnt 'backup'

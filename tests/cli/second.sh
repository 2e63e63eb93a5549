#!/bin/bash
# The medium of the second copy is lost: deposits wait, the copy is made anew elsewhere, deposits go on; killed at any step,
# the vault opens.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

empty() { sr init --origin test.example/vault --unlock-new "$W/vault.key" --second "$W/one" >/dev/null; }
# copies DIR: does a copy lie there?
copies() { [[ -e $1/secrets.db-copy && -e $1/secrets.db-copy-root ]]; }

founded
echo text >f
released f
granted "$ITEM"
ok sr second show
has "$W/one: there and current"

# The medium goes away. What adds waits and says what to do; what erases happens here and is pending there.
mv one away
echo more >g
refused 4 'the second copy cannot be written, nothing was added' as de deposit g --collection box
has 'strongroom second replace PATH'
ok as ri close "$GRANT"
ok sr second show
has 'NOT CURRENT'
has 'pending +[1-9]'
has 'strongroom second replace PATH'
ok sr second show --json
pending=$(json pending)
# An empty folder in its place (nothing mounted) is not taken for a copy.
mkdir one
refused 4 'is its medium mounted' as de deposit g --collection box
rmdir one

# Not with a core running; not over another vault's copy.
core
refused 4 'holds the vault' sr second replace "$W/two"
core_stop
sr init --vault "$W/other" --origin other.example/vault --unlock-new "$W/other.key" --second "$W/theirs" >/dev/null
cp theirs/secrets.db-copy-root theirs.before
refused 1 'copy of another secrets.db' sr second replace "$W/theirs"
cmp -s theirs.before theirs/secrets.db-copy-root || fail "another vault's copy was touched"
refused 1 'copy of another secrets.db' sr init --vault "$W/third" --origin third.example/vault --unlock-new "$W/third.key" \
	--second "$W/theirs"
ok sr second show
has "$W/one"

ok sr second replace two
has "the second copy lies in $W/two, read back and current"
has "the one in $W/one was out of reach"
has "$pending erasing commits? w(as|ere) never confirmed there, and will never be"
ok sr second show --json
same "$(json current)" true
same "$(json pending)" 0
same "$(json place)" "$W/two"
ok as au log --type incident --json
same "$(json 0.fields.0.1)" second-lost
deposit g
# The copy is one: secrets.db is taken from it.
rm vault/secrets.db vault/secrets.db-root vault/secrets.db-redo
ok sr status
has "taken from the second copy in $W/two"

# A move to another disk: the one before is destroyed.
ok sr second replace "$W/three"
has "the one in $W/two is destroyed"
! copies two || fail 'the copy before is still there'
copies three || fail 'there is no copy'

# A copy that has lost its root cell is told, and written anew; another vault's is left alone, and nothing else said of it.
rm three/secrets.db-copy-root
ok sr status
has 'the second copy was damaged and is written anew: .*secrets.db-copy-root'
deposit g
mv three kept
cp -a theirs three
ok sr second show
has 'NOT CURRENT'
hasnt 'written anew'
cmp -s theirs.before three/secrets.db-copy-root || fail "another vault's copy was touched"
rm -r three
mv kept three

# The same folder by another name is not destroyed as the one before; nor is one taken that would be lost with the vault.
ln -s three link
for name in three/ "../${W##*/}/three" link three; do
	ok sr second replace "$name"
	hasnt 'destroyed|out of reach'
	copies three || fail "$name: there is no copy"
	rm vault/secrets.db vault/secrets.db-root vault/secrets.db-redo
	ok sr status
	has 'taken from the second copy'
done
refused 2 'vault is the vault itself, or lies in it' sr second replace "$W/vault"
refused 2 'is the vault itself, or lies in it' sr second replace "$W/vault/run"
refused 2 'is the vault itself, or lies in it' sr init --vault "$W/within" --origin other.example/vault --unlock-new "$W/o.key" \
	--second "$W/within"
[[ ! -e o.key ]] || fail 'something is left'

# Killed anywhere: the vault opens with the one or the other, current, and nothing else lies about.
steps=0 finished=0
from=three to=four
for ((nth = 1; nth < 400; nth++)); do
	rc=0
	SR_FAULT=$nth:-1 sr second replace "$W/$to" >out 2>err || rc=$?
	((rc == 0 || rc == 137)) || fail "killed at step $nth: status $rc"
	ok sr second show --json
	same "$(json current)" true "after a kill at step $nth"
	place=$(json place)
	[[ $place = "$W/$from" || $place = "$W/$to" ]] || fail "step $nth: the copy lies in $place"
	copies "$place" || fail "step $nth: no copy in $place"
	for dir in "$W/$from" "$W/$to"; do
		[[ $dir = "$place" || ! -e $dir/secrets.db-copy-root ]] || fail "step $nth: another root cell in $dir"
	done
	[[ ! -e vault/run/second ]] || fail "step $nth: not settled"
	((rc == 0)) || steps=$((steps + 1))
	if [[ $place = "$W/$to" ]]; then
		if ((rc == 0)); then finished=1 && break; fi
		place=$from from=$to to=$place
	fi
done
((steps >= 12 && finished == 1)) || fail "$steps kills, finished $finished"
deposit g

# Killed after the change, with the medium of the one before away: remembered until it is back.
from=$(sr second show --json | jq -r .place)
mkdir -p five
rm -rf five/*
for ((nth = 1; nth < 400; nth++)); do
	SR_FAULT=$nth:-1 sr second replace "$W/five" >out 2>err || true
	grep -q "$W/five" vault/strongroom.conf && break
done
[[ -e vault/run/second ]] || fail 'nothing is remembered'
mv "$from" back
ok sr status
has 'former second copy in .* may open what is erased later'
mkdir "$from"
ok sr status
has 'is its medium mounted'
rmdir "$from"
mv back "$from"
ok sr status
has 'former second copy in .* is destroyed'
! copies "$from" || fail 'it is still there'

# A note that is damaged names itself, and what to do.
echo junk >vault/run/second
refused 3 'run/second is no note of second copies: destroy by hand' sr status
rm vault/run/second

# None at all, only when told in words.
refused 2 'confirm' sr second drop
refused 2 'confirm' sr second drop --confirm yes
ok sr second drop --confirm 'a lost secrets.db loses the vault'
has 'no second copy from now on'
! copies five || fail 'the dropped copy is still there'
ok sr second show
has 'no second copy'
deposit f
ok sr second replace "$W/six"
hasnt 'destroyed|out of reach'
ok sr second show
has 'there and current'
ok sr verify

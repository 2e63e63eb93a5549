#!/bin/bash
# ADMIN.md, "A lost passphrase": each of its pages is played, command by command as it stands there, on a vault that was
# founded as ADMIN founds it. What is asked for on a terminal is given as options; nothing else is changed.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

ADMIN=${SR_SOURCE:?the folder of the source}/ADMIN.md
person ann ben cleo dora emil fay gus rose hal
empty
sr board new --level 2,3 --member ann.id.card ben.id.card cleo.id.card \
	--curator ben.id.card dora.id.card --officer emil.id.card --auditor fay.id.card --custodian gus.id.card \
	--i-accept-loss "$(loss 3 3)" --json >draft
for n in ann ben cleo; do as "$n" board deal --fingerprint "$(json fingerprint draft)" --quiet >/dev/null; done
for n in ann ben cleo; do as "$n" board accept --quiet >/dev/null; done
as ben person add rose.id.card --role researcher --quiet >/dev/null
as ben person add hal.id.card --role depositor --quiet >/dev/null
r=$(as ann collection new box --json | jq -er .request)
for n in ann cleo; do as "$n" vote "$r" approve --quiet >/dev/null; done
# into ITEM: deposited by hal.
into() {
	echo text >f
	as hal deposit f --collection box --json >d
	ITEM=$(json item.0 d)
}
into
as dora describe "$ITEM" --title paper --quiet >/dev/null
as ben release "$ITEM" --quiet >/dev/null
# A grant that rose alone reads under.
r=$(as rose request "$ITEM" --purpose research --form text --ends 30d --reason 'the thesis' --json | jq -er .request)
for n in ann cleo; do as "$n" vote "$r" approve --quiet >/dev/null; done
as ann board sheet >ann.sheet
RELEASED=$ITEM
into
HELD=$ITEM ITEM=$RELEASED
cp -a vault vault.before
cp -a state state.before

# page HEADING NAME: the commands under this heading, on the vault as it was; NAME is who lost it. Those that say who deals and
# accepts in a comment are followed by it.
page() {
	local line words at=$W/page.txt n=0
	REQUEST='' SAID=''
	PERSON=$(who "$2")
	rm -rf vault state ./*2.id* ./*.piece page.out
	cp -a vault.before vault
	cp -a state.before state
	export STRONGROOM_UNLOCK=$W/vault.key
	grep -v '^#' ann.sheet >typed.txt
	sed -n "/^### $1\$/,/^##/p" "$ADMIN" | sed -n 's/^    //p' >"$at"
	while IFS= read -r line; do
		line=${line%%  #*}
		words=${line//p-0123456789abcdef/$PERSON}
		words=${words//REQUEST/$REQUEST}
		words=${words//ITEM/$ITEM}
		words=${words//\/srv\/strongroom\//$W/}
		case $words in
		*' --as '* | 'strongroom identity '*) words+=" --passphrase-file $W/pass" ;;
		esac
		case $words in
		*' --old '*) words+=" --old-passphrase-file $W/pass" ;;
		*'recover piece'*) words+=" --fingerprint '$SAID'" ;;
		esac
		words=${words/#strongroom /sr }
		ok eval "$words"
		n=$((n + 1))
		cat out err >>page.out
		if grep -qE '^request [0-9a-f]{32}' out; then REQUEST=$(grep -oE '[0-9a-f]{32}' out | head -n 1); fi
		if grep -qhE '([0-9a-f]{4} ){7}[0-9a-f]{4}' out err; then
			SAID=$(grep -ohE '([0-9a-f]{4} ){7}[0-9a-f]{4}' out err | head -n 1)
		fi
	done <"$at"
	((n > 1)) || fail "no page of that name: $1"
}

# said PIECE: one of the page's commands said it.
said() { grep -qE -e "$1" page.out || fail "no command of the page says /$1/"; }

page 'Not lost, only to be replaced' rose
ok as rose2 list
refused 1 'an earlier key of' as rose list

page 'A researcher or depositor' rose
said 'ended is grant [0-9a-f]{32}'
for n in ann cleo; do ok as "$n" vote "$REQUEST" approve; done
ok as rose2 checkout "$ITEM" --json
ok as rose2 cat "$(json checkout)"
same "$OUT" text

page 'A member' ann
said "^  subject +$(who ann) \\(.*\\)\$"
said '^  new key +not signed with the key before'
[[ ! -e typed.txt ]] || fail 'the sheet that was typed is there still'
# The last command asks for a reshare; before that the share was theirs again: their vote has a piece.
r=$(as rose request "$ITEM" --purpose research --form text --ends 30d --reason 'more' --json | jq -er .request)
for n in ann2 ben; do ok as "$n" vote "$r" approve; done
has 'granted'
for n in ann2 cleo; do ok as "$n" vote "$REQUEST" approve; done
has 'reshared'
ok as ann2 board show
has 'A reshare is under way'

page 'A curator' dora
into
ok as dora2 describe "$ITEM" --title paper
ok as ben release "$ITEM"
ITEM=$RELEASED
ok as dora2 checkout "$HELD" --right quarantine --json
ok as dora2 cat "$(json checkout)"
same "$OUT" text

page 'An auditor' fay
has "epochs 1 to 2 were given to $PERSON"
ok as emil log export exported
ok as ann board minutes
key=$(sed -n '/^Ledger key/{n;s/^ *//p;}' out)
ok as fay2 log show --export exported --key "$key" --lines
[[ $(wc -l <out) -gt 20 ]] || fail 'the new key does not read what was before'
hasnt 'not given'

page "The custodian's identity" gus
has '0 findings'

page 'The custodian, or what unlocks the vault' gus
said 'service keys are new ones'
[[ ! -e recovery.key ]] || fail 'recovery.key is there'
export STRONGROOM_UNLOCK=$W/vault.unlock2
ok sr verify
ok as fay log --type recover --json
same "$(jq length out)" 1

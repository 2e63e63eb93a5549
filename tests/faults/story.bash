# story - the acts of a vault's life, one after the other, for tests that break them off: whatever breaks, at any of its
# places, the vault opens, fits what people remember of it, has no damage, and the act can be done.
#
# A test sources this after lib.bash and calls `story TRY`. For each of $STEPS that $ACT names (words; default all), in the
# state in which it can be done, TRY is called with the name of the step. It uses
#
#     again           puts everything back to that state
#     act STEP        does it, once ($FAULTY: words for env, for the program alone)
#     sound STEP      what must hold however it broke off
#     shown STEP      it was done: what must hold once it was acknowledged
#
# and the story goes on, with the step done, whatever TRY left behind. All files of the vault, of people's memory, and those
# that the acts read and write are under $W/disk.
# shellcheck shell=bash disable=SC2034

STEPS='board-new board-deal board-accept deposit describe release request vote checkout export suspend revoke destroy
	collect scan intake erase backup verify scrub reshare-deal reshare rekey-deal rekey reseal rotate adopt'
FAULTY=()

sr() { env "${FAULTY[@]}" "$STRONGROOM_T" "$@"; }
again() {
	rm -rf "$W/disk" && cp -a "$W/base" "$W/disk"
	export STRONGROOM_UNLOCK=$UNLOCK
}
wanted() { [[ " ${ACT:-$STEPS} " =~ [[:space:]]$1[[:space:]] ]]; }

# said PATH: a value out of the output of the last `ok`.
said() { json "$1"; }
voted() { # REQUEST MEMBER...
	local r=$1 m
	shift
	for m in "$@"; do ok as "$m" vote "$r" approve; done
}
release_now() { # WHAT: deposited, described, released: ITEM
	ok as de deposit "$1" --collection box --json
	ITEM=$(said item.0)
	ok as cu1 describe "$ITEM" --title paper
	ok as cu2 release "$ITEM"
}
state_of() { # STATE ITEM: of an item
	ok as m3 show "$2" --json
	same "$(said state)" "$1"
}
grants_are() { # STATE GRANT
	ok as ri grants --json
	same "$(jq -r --arg id "$2" '.[] | select(.id == $id) | .state' out)" "$1" "the grant ${2:0:8}"
}
live() { # at least one live checkout, and it opens
	ok as ri checkouts --live --json
	ok as ri cat "$(said 0.id)" tree/1
	same "$OUT" "$(cat "$W/disk/tree/1")"
}
# Somebody has done their part in a run of a ceremony: the same again is refused in these words.
refuses() { # STEP WORDS
	local rc=0
	act "$1" >out 2>err || rc=$?
	((rc == 1)) || fail "status $rc of $1, which was done already"
	has "$2"
}

# --- what comes before a step, beyond the steps before it ---
ready() {
	case $1 in
	board-new)
		mkdir -p "$W/disk/tree"
		export STRONGROOM_VAULT=$W/disk/vault STRONGROOM_STATE=$W/disk/state STRONGROOM_UNLOCK=$W/disk/vault.key
		person m1 m2 m3 cu1 cu2 of au ke ri de n1 n2 gone
		for i in 1 2 3; do head -c 50000 /dev/urandom | base64 >"$W/disk/tree/$i"; done
		printf 'all well\n' >"$W/disk/plain.txt"
		age-keygen -o "$W/age.key" 2>/dev/null
		sr init --origin test.example/vault --unlock-new "$STRONGROOM_UNLOCK" --second "$W/disk/second" >/dev/null
		;;
	board-deal) for m in m1 m2; do ok as $m board deal --fingerprint "$FINGERPRINT"; done ;;
	board-accept) for m in m1 m2; do ok as $m board accept; done ;;
	deposit)
		ok as cu1 person add ri.id.card --role researcher
		ok as cu1 person add de.id.card --role depositor
		ok as cu1 person add gone.id.card --role researcher
		collection box
		;;
	describe)
		ok as cu1 list --json
		I=$(said 0.id)
		;;
	vote)
		ok as m1 request list --json
		R=$(said 0.request)
		voted "$R" m1
		;;
	checkout)
		ok as ri grants --json
		G=$(said 0.id)
		;;
	export)
		ok as ri return "$(as ri checkouts --live --json | jq -r '.[0].id')"
		ok as ri request export "$I" --to "$(age-keygen -y "$W/age.key")" --purpose research --ends 9d --reason r --json
		R=$(said request)
		voted "$R" m1 m2
		ok as ri grants --json
		X=$(jq -r '.[] | select(.right == "export") | .id' out)
		;;
	revoke)
		ok as m1 revoke "$X" --reason over --json # which is their vote, too
		R=$(said request)
		;;
	destroy)
		ok as m1 destroy "$I" --reason r --json
		R=$(said request)
		;;
	scan)
		ok as de deposit "$W/disk/plain.txt" --collection box --json
		I=$(said item.0)
		printf '#!/bin/sh\ncat >/dev/null\n' >scan.sh
		chmod +x scan.sh
		printf 'command %s/scan.sh\n' "$W" >scanners.txt
		ok sr intake scanners scanners.txt
		;;
	erase)
		GONE=$(who gone)
		ok as cu1 person end "$GONE" --reason 'has left'
		ok as of person erase "$GONE" --ground retention --reason 'ten years' --json
		R=$(said request)
		voted "$R" m1
		;;
	reshare-deal)
		release_now "$W/disk/plain.txt"
		ok as m1 board reshare --leave "$(who m3)" --join n1.id.card --reason 'm3 leaves' --json
		R=$(said request)
		voted "$R" m1 m2
		ok as m1 board deal
		;;
	reshare) for m in m1 n1; do ok as $m board accept; done ;;
	rekey-deal)
		ok as m1 board rekey --reason 'two safes were open' --json
		R=$(said request)
		voted "$R" m1 m2
		for m in m1 n1; do ok as $m board deal; done
		;;
	rekey) for m in m1 n1; do ok as $m board accept; done ;;
	reseal)
		ok as cu1 reseal ask --left --reason 'the key is loose' --json
		R=$(said request)
		voted "$R" m1 m2
		ok as cu1 grants --request "$R" --json
		G=$(said 0.id)
		;;
	adopt) lost_entries ;;
	esac
}

# An older copy of the vault is put back, and a witness knows more.
lost_entries() {
	local key url pid
	sr witness new "$W/w" --name witness.example/w1 --unlock-new "$W/w.key" --quiet >/dev/null
	ok sr witness policy --json
	sr witness log add "$W/w" "$(said log)" --quiet
	bound "$STRONGROOM_T" witness serve "$W/w" --unlock "$W/w.key" --port 0 >"$W/started" 2>"$W/witness.err" &
	pid=$!
	until grep -qs ' at http' "$W/started" || ! kill -0 $pid 2>/dev/null; do sleep 0.05; done
	read -r key _ url <"$W/started" || fail "no witness: $(cat "$W/witness.err")"
	printf 'witness w1 %s %s\nquorum w1\n' "$key" "$url" >policy
	ok sr witness policy policy
	ok sr witness now --json
	AGREED=$(said size)
	cp -a disk/vault older
	cp -a disk/second older.second
	ok as de deposit "$W/disk/plain.txt" --collection box
	ok sr witness now --json
	KNOWN=$(said size)
	rm -rf disk/vault disk/second disk/state
	mv older disk/vault
	mv older.second disk/second
	ok as de deposit "$W/disk/tree/1" --collection box # an entry where another one stood
	refused 3 'gives an alarm|rolled back' sr witness now
	kill $pid
	wait $pid || true
}

act() {
	local d=$W/disk
	case $1 in
	board-new)
		sr board new --member m1.id.card m2.id.card m3.id.card --level 2 --curator cu1.id.card cu2.id.card \
			--officer of.id.card --auditor au.id.card --custodian ke.id.card --i-accept-loss "$(loss 3 2)" --json
		;;
	board-deal) as m3 board deal --fingerprint "$FINGERPRINT" ;;
	board-accept) as m3 board accept ;;
	deposit) as de deposit "$d/tree" --collection box ;;
	describe) as cu1 describe "$I" --title paper ;;
	release) as cu2 release "$I" ;;
	request) as ri request "$I" --form text --purpose research --ends 9d --reason r ;;
	vote | revoke | destroy | erase) as m2 vote "$R" approve ;;
	checkout) as ri checkout "$I" --grant "$G" ;;
	export) as ri export "$X" "$I" --out "$d/x.age" ;;
	suspend) as m3 suspend "$G" --reason r ;;
	collect) as ke collect ;;
	scan) as cu1 intake scan "$I" ;;
	intake) sr intake run ;;
	backup) sr backup "$d/copy" --secrets "$d/secrets.copy" --escrow "$d/escrow" --secrets-passphrase-file "$W/pass" ;;
	verify) as cu1 verify ;;
	scrub) as ke scrub ;;
	reshare-deal) as m2 board deal ;;
	reshare) as m2 board accept ;;
	rekey-deal) as m2 board deal ;;
	rekey) as m2 board accept ;;
	reseal) as cu1 reseal run "$G" ;;
	rotate) sr service rotate --unlock-new "$d/next.key" ;;
	adopt) sr log adopt archive.example/second --known "$KNOWN" --agreed "$AGREED" --confirm 'entries are lost' ;;
	esac
}

# Which key opens it now: a change of keys that broke off may have made the new one, or not.
unlocked() {
	[[ $1 != rotate ]] || sr status >/dev/null 2>&1 || export STRONGROOM_UNLOCK=$W/disk/next.key
}

sound() {
	local name
	unlocked "$1"
	case $1 in
	board-*) ok sr status ;;
	adopt)
		ok sr witness status
		name=$(head -n 1 disk/vault/ledger/checkpoint)
		if [[ -e disk/vault/ledger/alarm ]]; then same "$name" test.example/vault; else same "$name" archive.example/second; fi
		;;
	export)
		[[ ! -e disk/x.age ]] || age -d -i age.key disk/x.age >plain || fail 'half of an export is there'
		;;&
	*)
		for name in "${WHO[$1]:-cu1}" ${ALSO-m1}; do ok as "$name" verify; done
		ok sr scrub
		has '0 findings'
		;;
	esac
}
declare -A WHO=([deposit]=de [release]=cu2 [request]=ri [vote]=m2 [checkout]=ri [export]=ri [suspend]=m3 [revoke]=m2
	[destroy]=m2 [erase]=m2 [reshare]=m2 [rekey]=m2)

shown() {
	case $1 in
	board-new)
		ok sr status
		has 'a draft of its founding'
		;;
	board-deal) refuses "$1" 'has dealt|founded' ;;
	board-accept) refuses "$1" 'open already|accepted' ;;
	deposit)
		ok as cu1 list --json
		for id in $(jq -r '.[].id' out); do
			ok as cu1 show "$id" --json
			# A file or folder of the depositor's that could not be read is on the record as such.
			jq -e '(.file | length) == 3 or any(.file[]; .kind == "unreadable")' out >/dev/null || fail "item $id is half there"
		done
		;;
	describe)
		ok as cu1 list --json
		same "$(said 0.title)" paper
		;;
	release) state_of released "$I" ;;
	request)
		ok as m1 request list --json
		(($(jq length out) > 0)) || fail 'there is no request'
		;;
	vote)
		ok as m1 request show "$R" --json
		same "$(said state)" granted
		;;
	checkout) live ;;
	export)
		age -d -i age.key disk/x.age >plain || fail 'the export does not open'
		tar -xOf plain tree/2 | cmp -s - disk/tree/2 || fail 'the export is something else'
		;;
	suspend) grants_are suspended "$G" ;;
	revoke) grants_are revoked "$X" ;;
	destroy) state_of destroyed "$I" ;;
	collect)
		ok as ke collect --dry-run
		has 'would remove 0 packs'
		;;
	scan)
		ok as cu1 intake show "$I" --json
		(($(jq '.scan | length' out) > 0)) || fail 'no scan is on the record'
		;;
	intake)
		ok sr intake run
		has 'nothing is left'
		;;
	erase)
		ok as of person erasure "$GONE"
		has '^keys 0'
		;;
	backup)
		rm -rf back back.second
		ok sr restore disk/copy back --secrets disk/secrets.copy --escrow disk/escrow --secrets-passphrase-file pass \
			--no-second
		STRONGROOM_VAULT=$W/back STRONGROOM_STATE=$W/back.state ok sr verify
		rm -rf back back.state
		;;
	reshare-deal | rekey-deal) refuses "$1" 'has dealt' ;;
	reshare)
		ok as m1 board show --json
		same "$(said epoch)" 2
		;;
	rekey)
		ok as m1 board show --json
		same "$(said epoch)" 3
		;;
	reseal)
		ok as m1 board show
		hasnt 'left under a key before'
		;;
	rotate)
		unlocked rotate
		same "$STRONGROOM_UNLOCK" "$W/disk/next.key"
		ok sr status
		;;
	adopt) same "$(head -n 1 disk/vault/ledger/checkpoint)" archive.example/second ;;
	esac
}

# After a break: done again, or it says that it was done. What it is then is what was wanted.
redone() {
	local rc=0 checkout who=
	case $1 in # what broke off in the middle may have the item out still, or have left a file, and says so
	rotate) [[ $STRONGROOM_UNLOCK = "$W/disk/next.key" ]] || rm -f disk/next.key ;;
	export) who=ri ;;
	scan) who=cu1 ;;
	esac
	if [[ -n $who ]]; then
		rm -f disk/x.age
		for checkout in $(as "$who" checkouts --live --json | jq -r '.[].id'); do ok as "$who" return "$checkout"; done
	fi
	act "$1" >out 2>err || rc=$?
	((rc <= 1)) || fail "$1, once more: status $rc"
	shown "$1"
}

story() {
	local step left=0
	for step in $STEPS; do wanted "$step" && left=$((left + 1)); done
	((left > 0)) || fail "no act of that name: ${ACT:-}; have $STEPS"
	for step in $STEPS; do
		ready "$step"
		UNLOCK=$STRONGROOM_UNLOCK # of the state to which `again` comes back
		if wanted "$step"; then
			rm -rf base
			cp -a disk base
			"$1" "$step"
			again
			left=$((left - 1))
			((left > 0)) || return 0
		fi
		ok act "$step"
		[[ $step != board-new ]] || FINGERPRINT=$(said fingerprint)
		shown "$step"
		unlocked "$step"
	done
}

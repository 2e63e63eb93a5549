#!/bin/bash
# Every call to the system fails once, or from then on, at each of its places in the course of an act: the program says what
# happened and ends; afterwards the vault opens, fits what people remember of it, has no damage, and the act can be done.
#
# $ACTS (default all), $ROUNDS places for each kind of call and failure (default 1000: all of them), spread evenly. Hours for
# all; `ROUNDS=3` takes a quarter of an hour.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.bash
. "$(dirname "$0")/../cli/lib.bash"

shim=$(dirname "$STRONGROOM_T")/shim.so
[[ -f $shim ]] || skip 'no shim was built'
! sanitized || skip 'a sanitizer wants to be the first library'
ROUNDS=${ROUNDS:-1000}
export STRONGROOM_VAULT=$W/disk/vault STRONGROOM_STATE=$W/disk/state
mkdir disk
founded
mkdir tree
for i in 1 2 3; do head -c 50000 /dev/urandom | base64 >tree/$i; done
age-keygen -o key 2>/dev/null

# Each act: what must be there before, and the act. What it needs to know is in variables.
item() { as de deposit tree --collection box --json --quiet >o && jq -r '.item[0]' o; }
described() { as cu1 describe "$1" --title t --quiet >/dev/null; }
released() { described "$1" && as cu2 release "$1" --quiet >/dev/null; }
asked() { as ri request "$@" --purpose research --ends 9d --reason r --json --quiet >o && jq -r .request o; }
voted() { as "$1" vote "$2" approve --quiet >/dev/null; }
before() {
	case $1 in
	deposit) ;;
	describe) I=$(item) ;;
	release) I=$(item) && described "$I" ;;
	vote) I=$(item) && released "$I" && R=$(asked "$I" --form text) && voted m1 "$R" ;;
	checkout) I=$(item) && released "$I" && R=$(asked "$I" --form text) && voted m1 "$R" && voted m2 "$R" ;;
	export)
		I=$(item) && released "$I" && R=$(asked export "$I" --to "$(age-keygen -y key)") && voted m1 "$R" && voted m2 "$R"
		as ri grants --json >o && G=$(jq -r '.[0].id' o)
		;;
	suspend) before checkout && as ri grants --json >o && G=$(jq -r '.[0].id' o) ;;
	destroy)
		I=$(item) && released "$I" && as m1 destroy "$I" --reason r --json --quiet >o && R=$(jq -r .request o) && voted m1 "$R"
		;;
	collect)
		before destroy && voted m2 "$R"
		;;
	backup | verify | scrub) I=$(item) ;;
	adopt) I=$(item) && printf 'a witness knows more' >"$STRONGROOM_VAULT/ledger/alarm" ;;
	esac
}
NAME=archive.example/second
act() {
	case $1 in
	deposit) as de deposit tree --collection box ;;
	describe) as cu1 describe "$I" --title t ;;
	release) as cu2 release "$I" ;;
	vote | destroy) as m2 vote "$R" approve ;;
	checkout) as ri checkout "$I" ;;
	export) rm -f x.age && as ri export "$G" "$I" --out x.age ;;
	suspend) as m3 suspend "$G" --reason r ;;
	collect) as ke collect ;;
	backup) rm -rf copy && sr backup copy ;;
	verify) as cu1 verify ;;
	scrub) sr scrub ;;
	adopt) sr log adopt "$NAME" --known 5000 --confirm 'entries are lost' ;;
	esac
}
# What people remember is there, under the log's name of now.
fits() {
	local who named=()
	! grep -q "^log .*$NAME" "$STRONGROOM_VAULT/strongroom.conf" || named=(--log-name "$NAME")
	for who in cu1 ri m1; do ok as "$who" verify "${named[@]}"; done
	[[ ! -e $STRONGROOM_VAULT/ledger/alarm ]] || return 0 # nothing is written then
	ok sr scrub
	has '0 findings'
}
faulty() { # FAULT ACT
	FAULT=$1 FAULT_ROOT=$W/disk LD_PRELOAD=$shim act "$2" >out 2>err
}
again() { # the state from before
	rm -rf disk && cp -a "base.$1" disk
}

total=0
for a in ${ACTS:-deposit describe release vote checkout export suspend destroy collect backup verify scrub adopt}; do
	before "$a" || fail "what comes before $a"
	cp -a disk "base.$a"
	FAULT_COUNT=$W/counts FAULT_ROOT=$W/disk LD_PRELOAD=$shim act "$a" >out 2>err || fail "$a without a fault"
	rounds=0 ended=0
	while read -r call n; do
		case $call in
		read) hows='5 4 short' ;;
		write) hows='5 28 28+ 4 short' ;;
		memory) hows='12 12+' ;;
		stat | socket | unlink | link) hows='5' ;;
		*) hows='5 28+' ;;
		esac
		for how in $hows; do
			for ((k = 0; k < ROUNDS && k < n; k++)); do
				nth=$((n <= ROUNDS ? k + 1 : k * n / ROUNDS + 1 + RANDOM % (n / ROUNDS)))
				again "$a"
				rc=0
				faulty "$call $nth $how" "$a" || rc=$?
				((rc <= 5)) || fail "$a with '$call $nth $how' ended with status $rc"
				((rc == 0)) || [[ -s err ]] || fail "$a with '$call $nth $how': status $rc and not a word"
				((rc != 0)) || ended=$((ended + 1))
				sr witness status >/dev/null 2>err || fail "$a with '$call $nth $how': it does not open"
				fits
				if ((rc != 0)); then # it can be done now, or was done and says so
					rc=0
					act "$a" >out 2>err || rc=$?
					((rc <= 1)) || grep -q 'had that name already' err || fail "$a after '$call $nth $how': status $rc"
				fi
				rounds=$((rounds + 1))
			done
		done
	done <counts
	echo "$a: $rounds faults, $ended of them did not stop it"
	total=$((total + rounds))
	again "$a"
	rm -rf "base.$a"
done
((total > 0))

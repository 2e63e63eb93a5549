#!/bin/bash
# A week of a house with separate users of the operating system, through `core`: the researcher's and the depositor's user
# do their whole work and cannot read a file of the vault; a user who says another's name is refused.
#
# Four users: keeper (owns the vault, runs core), reader, bringer (the depositor), office (members, curators, officer,
# auditor). Root only starts processes as them. The clock is ahead by a day each day (SR_TIME_AHEAD, test build).
# shellcheck source-path=SCRIPTDIR source=../cli/lib.bash disable=SC2016
. "$(dirname "$0")/../cli/lib.bash"

(($(id -u) == 0)) || skip 'only root can play four users'
command -v setpriv >/dev/null || skip 'no setpriv'
perl -MIO::Socket::UNIX -e1 2>/dev/null || skip 'no perl to speak to the socket by hand'
[[ -x /dev/shm || $W != /dev/shm/* ]] || skip '/dev/shm is closed'
keeper=64001 reader=64002 bringer=64003 office=64004
began=$SECONDS

empty() { sr init --origin test.example/vault --unlock-new "$W/vault.key" --second "$W/second" >/dev/null; }
founded
chmod 711 "$W"
mkdir program
cp "$STRONGROOM_T" program/strongroom
chmod 755 program program/strongroom
for uid in $reader $bringer $office; do
	mkdir "desk-$uid"
	cp pass "desk-$uid/"
done
cp ri.id ri.id.card "desk-$reader/"
cp de.id "desk-$bringer/"
cp m?.id cu?.id of.id au.id "desk-$office/"
for uid in $reader $bringer $office; do chown -R "$uid:$uid" "desk-$uid"; done
mkdir "desk-$keeper"
chown -R $keeper:$keeper vault vault.key second "desk-$keeper"
P_RI=$(who ri) P_DE=$(who de) P_CU=$(who cu1)

# user UID COMMAND...: as that user, who holds no key of the vault.
user() {
	local id=$1
	shift
	setpriv --reuid "$id" --regid "$id" --clear-groups env -u STRONGROOM_UNLOCK HOME="$W/desk-$id" \
		STRONGROOM_STATE="$W/desk-$id/state" "$@"
}
as() {
	local name=$1 uid=$office
	shift
	[[ $name != ri ]] || uid=$reader
	[[ $name != de ]] || uid=$bringer
	user "$uid" "$W/program/strongroom" "$@" --as "$W/desk-$uid/$name.id" --passphrase-file "$W/desk-$uid/pass"
}
house() {
	setpriv --reuid $keeper --regid $keeper --clear-groups env STRONGROOM_STATE="$W/desk-$keeper/state" \
		"$W/program/strongroom" "$@"
}
core() {
	# Not by `house`: a function in the background is a shell that waits for core, and it would get the signal.
	setpriv --reuid $keeper --regid $keeper --clear-groups --pdeathsig KILL "$W/program/strongroom" core --quiet 2>"$W/core.err" &
	CORE_PID=$!
	for _ in $(seq 200); do
		[[ ! -S $W/vault/run/core.sock ]] || return 0
		kill -0 "$CORE_PID" 2>/dev/null || fail "core ended: $(cat "$W/core.err")"
		sleep 0.05
	done
	fail 'core does not answer'
}
day() { # the clock moves, and core is started on that day
	[[ -z $CORE_PID ]] || core_stop
	DAY=$1
	export SR_TIME_AHEAD=$((DAY * 86400))
	core
}

# Every name under the vault and its second copy, tried by a user who knows it.
TRIED=0 READ=0
try() { # UID: what that user gets of the names in $W/all
	user "$1" bash -c 'while read -r path; do
		if [[ -d $path ]]; then ls "$path" >/dev/null 2>&1 && echo "lists $path"
		else cat "$path" >/dev/null 2>&1 && echo "reads $path"; fi
		: 2>/dev/null >>"$path" && echo "writes $path"
		mkdir "$path/x" 2>/dev/null && rmdir "$path/x" && echo "makes $path/x"
	done <"$1"; true' try "$W/all" >"$W/got" 2>/dev/null
}
snoop() {
	local uid=$1 n
	find "$W/vault" "$W/second" ! -type s >"$W/all"
	chmod 644 "$W/all"
	n=$(wc -l <"$W/all")
	# What find sees by itself: the folder that it was told, which lets people through and shows nothing.
	user "$uid" find "$W/vault" "$W/second" 2>/dev/null >"$W/found" || true
	same "$(sort "$W/found" | tr '\n' ' ')" "$W/second $W/vault " "what $uid finds"
	try "$uid"
	[[ ! -s $W/got ]] || fail "day $DAY: user $uid $(head -n 3 "$W/got")"
	TRIED=$((TRIED + n)) READ=$((READ + $(wc -l <"$W/got")))
}

# login UID PERSON: by hand over the socket, with that name and a signature of nobody; says what core answered to it and
# to a call after it.
login() {
	user "$1" perl -MIO::Socket::UNIX -MMIME::Base64 -e '
		my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "no socket: $!";
		sub get { my ($n, $all) = ($_[0], ""); while (length($all) < $n) { my $r = sysread($s, $all, $n - length($all), length($all)); die "closed" unless $r; } $all }
		sub call { my $t = "strongroom/call/v1\n$_[0]"; syswrite($s, pack("VV", length($t), 0) . $t); my ($h, $b) = unpack("VV", get(8)); my $head = get($h); get($b) if $b; $head }
		my $begun = call("op login.begin\n");
		die $begun unless $begun =~ /^nonce /m;
		my $sig = encode_base64(join("", map { chr(int(rand(256))) } 1 .. 64), "");
		for my $q ("op login.finish\nperson $ARGV[1]\nsignature $sig\n", "op items\n") {
			my ($code) = call($q) =~ /^code (\S+)/m;
			print "$code\n";
		}' "$W/vault/run/core.sock" "$2" >"$W/out" 2>"$W/err" || fail "speaking by hand as $1"
}
IMPOSTORS=0
impostors() {
	local uid person
	for uid in $reader $bringer; do
		for person in "$P_RI" "$P_DE" "$P_CU"; do
			login "$uid" "$person"
			same "$(tr '\n' ' ' <out)" 'AUTH DENIED ' "user $uid as $person"
			IMPOSTORS=$((IMPOSTORS + 1))
		done
	done
}

# Day 0: who could be fooled by a name. A stolen file without its passphrase, a new identity with the same name.
day 0
cp ri.id "desk-$bringer/stolen.id"
chown $bringer "desk-$bringer/stolen.id"
echo 'wrong horse' >"desk-$bringer/wrong"
chmod 644 "desk-$bringer/wrong"
refused 1 'wrong' user $bringer "$W/program/strongroom" list --as "$W/desk-$bringer/stolen.id" --passphrase-file "$W/desk-$bringer/wrong"
ok user $bringer "$W/program/strongroom" identity new "$W/desk-$bringer/false.id" --name 'Name of ri' \
	--passphrase-file "$W/desk-$bringer/pass"
refused 1 'has no role in this vault' user $bringer "$W/program/strongroom" list --as "$W/desk-$bringer/false.id" \
	--passphrase-file "$W/desk-$bringer/pass"

# That the trying tries: the vault's own user gets all of it.
find vault/packs vault/keys vault/secrets.db | sed "s|^|$W/|" >all
chmod 644 all
try $keeper
same "$(grep -cE '^(reads|lists) ' got)" "$(wc -l <all)" 'what the keeper gets'

declare -a ITEMS TEXTS
OPENED=0
# bring: what the depositor brings today, described and released.
bring() {
	TEXTS[DAY]="the bilby of day $DAY"
	echo "${TEXTS[DAY]}" >"desk-$bringer/day$DAY"
	chmod 644 "desk-$bringer/day$DAY"
	released "$W/desk-$bringer/day$DAY"
	ITEMS[DAY]=$ITEM
	refused 1 'no live grant' as de checkout "$ITEM"
}
# look DAY GRANT: the item of that day, checked out, read, returned.
look() {
	checked_out "${ITEMS[$1]}" --grant "$2"
	ok as ri cat "$CHECKOUT"
	same "$OUT" "${TEXTS[$1]}"
	ok as ri return "$CHECKOUT"
	OPENED=$((OPENED + 1))
}
ask() { # ENDS ITEM...: requested and granted by two members, GRANT
	local ends=$1
	shift
	as ri request "$@" --purpose research --ends "$ends" --reason 'the thesis' --json >r.json || fail "request $*"
	REQUEST=$(json request r.json)
	as m1 vote "$REQUEST" approve --quiet >/dev/null
	as m2 vote "$REQUEST" approve --quiet >/dev/null
	as ri grants --request "$REQUEST" --json >g.json
	GRANT=$(json 0.id g.json)
}

for today in 0 1 2 3 4 5 6; do
	((today == 0)) || day "$today"
	bring
	case $today in
	0) ask 30d "${ITEMS[0]}" && LONG=$GRANT ;;
	1) ask 2d "${ITEMS[1]}" && SHORT=$GRANT && look 1 "$SHORT" ;;
	2)
		checked_out "${ITEMS[0]}" --grant "$LONG"
		ok as m3 suspend "$LONG" --reason 'a question'
		refused 1 'checkout' as ri cat "$CHECKOUT"
		look 1 "$SHORT"
		;;
	3) # the short grant has ended over night, the long one is still suspended
		refused 1 'expired|ended' as ri checkout "${ITEMS[1]}" --grant "$SHORT"
		refused 1 'suspended' as ri checkout "${ITEMS[0]}" --grant "$LONG"
		ok as ri grants --state expired --json
		same "$(json 0.id)" "$SHORT"
		;;
	4) # who suspended is away; two others lift
		ok as m1 lift "$LONG" --reason 'answered' --json
		ok as m2 vote "$(json request)" approve
		has 'lifted'
		;;
	5) # left open over night
		ask 10d "${ITEMS[4]}" "${ITEMS[5]}"
		checked_out "${ITEMS[5]}" --grant "$GRANT"
		ok as ri cat "$CHECKOUT"
		LEFT=$CHECKOUT
		;;
	6)
		refused 1 'checkout|lapsed' as ri cat "$LEFT"
		ok as ri checkouts --json
		same "$(jq -r --arg id "$LEFT" '.[] | select(.id == $id) | .state' out)" lapsed
		look 4 "$GRANT"
		ok as ri close "$GRANT"
		;;
	esac
	# In the middle of the day core is restarted; what was granted goes on.
	core_stop
	core
	((today == 2 || today == 3)) || look 0 "$LONG"
	for uid in $reader $bringer; do snoop "$uid"; done
	impostors
done
ok as au log --json
entries=$(jq length out)
core_stop
ok house verify
ok house scrub
has '0 findings'
ok house rebuild
has 'equal'
printf 'a week: %d items, %d openings, %d entries of the log; %d times a file or folder was tried, %d read; ' \
	"${#ITEMS[@]}" "$OPENED" "$entries" "$TRIED" "$READ"
printf '%d log-ins with a name of somebody else, none taken; 14 starts of core; %d s\n' "$IMPOSTORS" $((SECONDS - began))

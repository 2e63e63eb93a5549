#!/bin/bash
# People are told that a matter waits, by a program that the custodian names, and in a feed: each of the kinds, once, without
# content, only those with an address; what the program refuses is still due.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

person() { # with a mail address for all but m3; a hostile one for ke
	local n name
	[[ -f $W/pass ]] || echo 'correct horse' >"$W/pass"
	for n in "$@"; do
		name="Name of $n <$n@example.org>"
		[[ $n != m3 ]] || name='Name of m3'
		[[ $n != ke ]] || name='Kim <kim@example.org,other@example.org>'
		sr identity new "$W/$n.id" --name "$name" --passphrase-file "$W/pass" --quiet >/dev/null
	done
}
founded
echo 'a page' >page.txt
released page.txt
cat >mail <<MAIL
#!/bin/bash
cat >"\$(mktemp "$W/sent.XXXXXX")"
MAIL
chmod +x mail
# ahead DAYS: so many days after the founding, for every process from now on.
ahead() { export SR_TIME_AHEAD=$(($1 * 86400 + ${2:-0})); }
# no_content FILE...: nothing of what they are about, not even of which kind.
no_content() {
	! grep -qiE "$ITEM|$REQUEST|${REQUEST:0:8}|page|paper|thesis|request|vote|granted|revoke|scrub|share" "$@" ||
		fail 'a message tells what it is about'
}
# news WHO: the feed of WHO has an entry that it had not when it was asked before, and tells no more than that.
news() {
	ok as "$1" inbox --feed
	no_content out
	grep -o 'urn:strongroom:[0-9a-f]*</id>' out | sort >"feed.$1.now" || true
	touch "feed.$1"
	[[ -n $(comm -13 "feed.$1" "feed.$1.now") ]] || fail "no news in the feed of $1"
	mv "feed.$1.now" "feed.$1"
}
# told WHAT WHO...: it is due for exactly these, who find it in the feed; those with an address get a message, once.
told() {
	local what=$1 who
	shift
	ok as ke notices list --json
	same "$(jq -r --arg w "$what" '.[] | select(.what == $w) | .person' out | sort | tr '\n' ' ')" \
		"$(for who in "$@"; do who "$who"; done | sort | tr '\n' ' ')" "$what"
	for who in "$@"; do news "$who"; done
	rm -f sent.*
	ok as ke notices send --command ./mail
	no_content sent.* 2>/dev/null
	for who in "$@"; do
		[[ $who = m3 || $who = ke ]] || grep -q "^To: $who@example.org$" sent.* || fail "nobody wrote to $who"
	done
	ok as ke notices list --json
	same "$(jq --arg w "$what" '[.[] | select(.what == $w and .address != null and .address != "kim@example.org,other@example.org")] |
		length' out)" 0 'sent once'
}

requested "$ITEM"
ok as ke notices list
has "$(who m1) +request"
has 'm2@example.org'
refused 5 'could not be sent' as ke notices send --command 'cat >/dev/null; exit 75'
has 'still due'
has 'the mail program ended with status 75'
# shellcheck disable=SC2016 # its own process id
refused 5 'could not be sent' as ke notices send --command 'kill -KILL $$'
has 'the mail program was ended by signal 9'
told request m1 m2 m3
grep -q 'test.example/vault' sent.* || fail 'the message does not say which vault'
ok as ke notices send --command ./mail --json
same "$(json messages)" 0
same "$(json without_address)" 1
ahead 8
told vote-needed m1 m2 m3
as m1 vote "$REQUEST" approve --quiet >/dev/null
as m2 vote "$REQUEST" approve --quiet >/dev/null
told granted ri
ok as ri inbox
has 'granted ([0-9a-f]{12}) .*strongroom grant \1;'
ok as au log --type notice
has 'notice .*granted'
ahead 20
told ends-soon ri
ok as ri inbox
has 'ends-soon ([0-9a-f]{12}) .*renew \1 '
ok as ri grants --json
GRANT=$(json 0.id)
ok as m1 revoke "$GRANT" --reason 'it is over' --json
REQUEST=$(json request)
for m in m1 m2; do as $m vote "$REQUEST" approve --quiet >/dev/null 2>&1 || [[ $m = m1 ]]; done
told revoked ri
ahead 340
told share-due m1 m2 m3
ok as m1 inbox
has 'check .*board check'

# A damaged pack: the custodian's address is none, the officer's is one.
pack=$(find vault/packs -type f -name '[0-9a-f]*' | head -n 1)
flip "$pack" 4000
refused 3 'damaged' as ke scrub
told scrub-failed ke of
ok as ke notices send --command ./mail --json
same "$(json messages)" 0
same "$(json without_address)" 2 'two addresses are none'

# A feed is well-formed, and an entry is the same one when it is read again.
ok as m1 inbox --feed
has 'http://www.w3.org/2005/Atom'
grep -o 'urn:strongroom:[0-9a-f]*</id>' out | sort | cmp - feed.m1 || fail 'the same matters, other entries'
command -v xmllint >/dev/null && { xmllint --noout out || fail 'not well-formed'; }
:

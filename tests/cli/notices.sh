#!/bin/bash
# People are told that a matter waits, by a program that the custodian names: once, without content, only those with an
# address; what the program refuses is still due.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

person() { # with a mail address for all but m3; a hostile one for au
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
requested "$ITEM"
ok as ke notices list
has "$(who m1) +request"
has 'm2@example.org'
refused 5 'could not be sent' as ke notices send --command 'cat >/dev/null; exit 75'
has 'still due'
ok as ke notices send --command ./mail --json
same "$(json messages)" 2
same "$(json without_address)" 1
grep -l '^To: m1@example.org$' sent.* >/dev/null || fail 'nobody wrote to m1'
grep -q 'test.example/vault' sent.* || fail 'the message does not say which vault'
! grep -qiE "$ITEM|$REQUEST|page|paper|thesis|request|vote" sent.* || fail 'a message tells what it is about'
rm sent.*
ok as ke notices send --command ./mail --json
same "$(json messages)" 0 'once'
as m1 vote "$REQUEST" approve --quiet >/dev/null
as m2 vote "$REQUEST" approve --quiet >/dev/null
ok as ke notices list --json
same "$(json 0.what)" granted
ok as ke notices send --command ./mail
grep -q '^To: ri@example.org$' sent.* || fail 'the applicant was not told'
ok as au log --type notice
has 'notice .*granted'

# A damaged pack: the custodian's address is none, the officer's is one.
rm sent.*
pack=$(find vault/packs -type f -name '[0-9a-f]*' | head -n 1)
printf 'X' | dd of="$pack" bs=1 seek=4000 conv=notrunc status=none
refused 3 'damaged' as ke scrub
ok as ke notices send --command ./mail --json
same "$(json messages)" 1
same "$(json without_address)" 1 'two addresses are none'
grep -q '^To: of@example.org$' sent.* || fail 'the officer was not told'

# A feed: that something waits, and nothing else.
ok as m1 inbox --feed
has 'http://www.w3.org/2005/Atom'
requested "$ITEM"
ok as m1 inbox --feed
has 'A matter waits'
hasnt 'page|paper|thesis'
command -v xmllint >/dev/null && { xmllint --noout out || fail 'not well-formed'; }
:

#!/bin/bash
# Who reads an item under a grant has no part in whether its seal is lifted: they neither ask nor vote, and who is too near to
# them does not vote either. Others do; and an end of the grant ends that. An inbox asks for the votes that the door would
# take, and for no others.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded 4 2
ok as cu1 person add m1.id.card --role researcher
echo text >f
released f
ok as m1 request "$ITEM" --with "$(who ri)" --purpose research --ends 30d --reason 'the thesis' --json
REQUEST=$(json request)
ke_told() { as ke notices list --json | jq -r --arg who "$(who "$1")" '[.[] | select(.person == $who and (.what == "request" or .what == "vote-needed")) | .what] | unique | join(" ")'; }
votes() { as "$1" inbox --json | jq -r '[.[] | select(.what == "vote") | .request] | join(" ")'; }
same "$(votes m2)" '' 'not before everybody joined'
ok as ri join "$REQUEST"
same "$(votes m1)" '' 'their own'
ok as m4 recuse "$REQUEST" --reason 'a friend'
same "$(votes m4)" '' 'stepped aside'
for m in m2 m3; do
	same "$(votes "$m")" "$REQUEST"
	ok as "$m" vote "$REQUEST" approve
done
ok as m1 grants --json
GRANT=$(json 0.id)
ok as m3 seal "$ITEM" --reason 'a danger' --json
flag=$(json 0.flag)
refused 1 'own-grant-not-lifted' as m1 lift "$ITEM" "$flag" --ask --reason 'it is fine'
ok as m2 lift "$ITEM" "$flag" --ask --reason 'looked at again' --json
lift=$(json request)
refused 1 'rule own-grant\)' as m1 vote "$lift" approve
same "$(votes m1)" '' 'of the seal of what they read'
same "$(votes m4)" "$lift"
# m4 supervises the other reader.
ok as of attest "$(who m4)" --kind supervisor-of --of "$(who ri)"
refused 1 'supervis' as m4 vote "$lift" approve
same "$(votes m4)" ''
same "$(ke_told m1)$(ke_told m4)" ''
same "$(ke_told m3)" 'request'
ok as m2 request show "$lift" --json
same "$(json tally.eligible)" 1
ok as m3 vote "$lift" approve
has 'lifted: a seal of item'
# Of a grant that has ended nobody is a reader.
ok as m3 seal "$ITEM" --reason 'another danger' --json
flag=$(json 0.flag)
ok as m1 close "$GRANT"
ok as m1 lift "$ITEM" "$flag" --ask --reason 'it is fine' --json
lift=$(json request)
ok as m4 vote "$lift" approve
has 'lifted: a seal of item'
# What somebody asked of the board is voted on by them, too.
ok as m2 collection new other --json
asked=$(json request)
same "$(votes m2)" "$asked"
ok as m2 vote "$asked" approve
same "$(votes m2)" ''
ok as au audit replay
ok sr rebuild
has equal

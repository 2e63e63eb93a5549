#!/bin/bash
# After a reshare keys/service.board is made for the members of today, while core runs: who left gives no piece, who joined
# does, what was asked before is void, and a sheet of the old shares is none.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded 3 2
person n1
ok as m1 board sheet --out m1.sheet
ok sr recover begin old.ask --key old.key --unlock-new k0 --json
before=$(json fingerprint)
ok as m3 recover piece old.ask --out m3.old --fingerprint "$before"
ok as m1 recover piece old.ask --out m1.old --fingerprint "$before"
cp vault/keys/service.board board.before

core
ok as m1 board reshare --leave "$(who m3)" --join n1.id.card --quorum 2:3 --reason 'm3 leaves' --json
R=$(json request)
ok as m1 vote "$R" approve
ok as m2 vote "$R" approve
ok as m1 board deal
ok as m2 board deal
ok as n1 board accept
ok as m1 board accept
cmp vault/keys/service.board board.before || fail 'the seal changed before the reshare was over'
ok as m2 board accept
! cmp -s vault/keys/service.board board.before || fail 'the members of before still hold the service keys'

refused 3 'not the one that the members were asked about' sr recover finish m1.old m3.old --key old.key --unlock k0
ok sr recover begin r.ask --key r.key --unlock-new k --json
said=$(json fingerprint)
refused 1 'none of the 3 members' as m3 recover piece r.ask --out m3.piece --fingerprint "$said"
for n in m1 m2 n1; do ok as $n recover piece r.ask --out $n.piece --fingerprint "$said"; done
refused 1 '2 good pieces of different members, and the board wants 3' \
	sr recover finish m1.piece n1.piece m3.old --key r.key --unlock k
has 'm3.old does not count'
refused 4 'process' sr recover finish m1.piece m2.piece n1.piece --key r.key --unlock k
core_stop
ok sr recover finish m1.piece m2.piece n1.piece --key r.key --unlock k
export STRONGROOM_UNLOCK=$W/k
ok as n1 board show
refused 1 'of other keys than the board has' as m1 board restore-share --sheet m1.sheet
ok as m1 board sheet --out m1.new
ok as m1 board restore-share --sheet m1.new
ok sr verify

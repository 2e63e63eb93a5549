#!/bin/bash
# ^C ends a deposit cleanly: what was done stays, and the same command goes on. And it ends who waits for a core that does not
# answer.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
head -c 12000000 /dev/urandom >bytes
mkfifo pipe
# The process itself, not a shell around it, gets the signal.
bound "$STRONGROOM_T" deposit bytes - --name slow --collection box --as de.id --passphrase-file pass <pipe >out 2>err &
pid=$!
exec 7>pipe
cat bytes >&7
sleep 0.5
kill -INT $pid
rc=0
wait $pid || rc=$?
exec 7>&-
((rc == 4)) || fail "status $rc after ^C, want 4"
has 'stopped on request'
hasnt 'unreadable' # which no file is by that
has 'resume [0-9a-f]{32}'
ACCESSION=$(grep -oE 'resume [0-9a-f]{32}' err | cut -d' ' -f2)
ok sr status --json
same "$(json accessions)" 0
cp bytes slow
before=$(du -sb vault/packs | cut -f1)
ok as de deposit bytes slow --collection box --resume "$ACCESSION" --json
same "$(json accession)" "$ACCESSION"
same "$(json files)" 2
ok sr verify
ok sr scrub
has '0 findings'
((before > 0)) || echo 'nothing was durable yet' >&2

core
kill -STOP "$CORE_PID"
bound env SR_STOP_MS=50 "$STRONGROOM_T" list --as de.id --passphrase-file pass >out 2>err &
pid=$!
sleep 0.3
kill -TERM $pid
rc=0
wait $pid || rc=$?
kill -CONT "$CORE_PID"
((rc == 4)) || fail "status $rc of one who waited for core, want 4"
has 'stopped on request: core has not answered'
ok as de list

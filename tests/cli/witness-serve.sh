#!/bin/bash
# A witness is a folder with a key and a memory, and a server that says where it listens; the memory cannot be taken away
# from under the key.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

LOG=PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW

refused 2 'name NAME is missing' sr witness new "$W/w" --unlock-new "$W/w.key"
refused 2 'no printable|not of printable' sr witness new "$W/w" --name 'a b' --unlock-new "$W/w.key0"
ok sr witness new "$W/w" --name witness.example/w1 --unlock-new "$W/w.key" --json
VKEY=$(json vkey)
[[ $VKEY = witness.example/w1+*+* ]] || fail "that is no key: $VKEY"
same "$(stat -c %a "$W/w" "$W/w/witness.key" "$W/w/witness.db" | xargs)" '700 600 600'
refused 1 'there is a witness in this folder already' \
	sr witness new "$W/w" --name witness.example/w1 --unlock-new "$W/w.key2"
[[ ! -e $W/w.key2 ]] || fail "a credential was made for nothing"

refused 2 "the log's key" sr witness log add "$W/w" "${LOG/c7/c8}"
refused 2 'a log signs with one of type 0x01' sr witness log add "$W/w" "$VKEY"
refused 2 'comes add or list' sr witness log remove "$W/w"
refused 1 'no such|cannot|No such' sr witness log list "$W/nowhere"
ok sr witness log add "$W/w" "$LOG"
refused 1 'known already' sr witness log add "$W/w" "$LOG"
ok sr witness log list "$W/w" --json
same "$(json 0.origin) $(json 0.vkeys.0)" "PeterNeumann $LOG"
ok sr witness log list "$W/w"
has 'PeterNeumann +- +never'

head -c 32 /dev/zero >"$W/other.key"
refused 1 'wrong|does not' sr witness serve "$W/w" --unlock "$W/other.key" --port 0
refused 2 'want 0 to 65535' sr witness serve "$W/w" --unlock "$W/w.key" --port 65536
refused 2 'no numeric address' sr witness serve "$W/w" --unlock "$W/w.key" --port 0 --listen nowhere.example

bound "$STRONGROOM_T" witness serve "$W/w" --unlock "$W/w.key" --port 0 >"$W/started" 2>"$W/told" &
CORE_PID=$!
until grep -q ' at http' "$W/started" || ! kill -0 "$CORE_PID" 2>/dev/null; do sleep 0.05; done
read -r key _ URL <"$W/started" || fail "it did not start: $(cat "$W/told")"
[[ $URL = http://127.0.0.1:* ]] || fail "it listens at $URL"
same "$key" "$VKEY"
# What it says to somebody who asks for something else.
exec 3<>"/dev/tcp/127.0.0.1/${URL##*:}"
printf 'GET /add-checkpoint HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n' >&3
grep -q '^HTTP/1.1 405' <(cat <&3) || fail "no 405"
exec 3>&-
# A log can be added while it runs.
ok sr witness log add "$W/w" "$LOG" --origin another.example/log
kill -TERM "$CORE_PID"
rc=0
wait "$CORE_PID" || rc=$?
same "$rc" 0 'the status after SIGTERM'
CORE_PID=
grep -q '405 to GET /add-checkpoint' "$W/told" || fail "it told nothing of the 405: $(cat "$W/told")"

rm "$W/w/witness.db"
refused 1 'must not sign again' sr witness serve "$W/w" --unlock "$W/w.key" --port 0
refused 1 'must not sign again' sr witness log list "$W/w"

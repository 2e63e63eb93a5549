# lib - what the scenarios share: a folder of their own, people, a founded vault, and the words to say what should happen.
#
# A scenario is one behaviour: it sources this file, calls `founded` (or less) and then `ok`, `refused CODE PIECE`, `has`,
# and ends 0. It uses the fault-enabled program ($STRONGROOM_T) with cheap passphrases. Every person has a passphrase file;
# `as NAME VERB ...` runs a verb as that person.
# shellcheck shell=bash disable=SC2034,SC2119,SC2120

set -euo pipefail
: "${STRONGROOM_T:?the test build of the program}"
# A memory file system, where there is one with room: a scenario waits for hundreds of fsyncs.
where=${TMPDIR:-/tmp}
if [[ -z ${ON_DISK:-} && -w /dev/shm && $(stat -f -c %T /dev/shm) = tmpfs ]] &&
	(($(df -Pk /dev/shm | awk 'NR == 2 { print $4 }') > 1000000)); then
	where=/dev/shm
fi
W=$(mktemp -d "$where/cli.XXXXXX")

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export SR_CHEAP=1
# What is done after deposits by itself is left, but where a scenario is about it (`unset STRONGROOM_INTAKE`).
export STRONGROOM_INTAKE=later
export STRONGROOM_VAULT=$W/vault STRONGROOM_UNLOCK=$W/vault.key STRONGROOM_STATE=$W/state
unset STRONGROOM_IDENTITY XDG_STATE_HOME COLUMNS || true
umask 077
CORE_PID=

# bound COMMAND...: what a scenario starts beside itself, with & behind it. It is killed when the scenario is gone, however
# that ended: a core that outlives its test holds memory, a port and a folder for whoever comes next.
bound() { exec setpriv --pdeathsig KILL -- "$@"; }
# put_down PID: such a one ends now, in its own way if it does that within ten seconds. A number that is no child of ours any
# more may be anybody's.
ours() { grep -qs "^PPid:[[:space:]]*$$\$" "/proc/$1/status"; }
put_down() {
	local i
	! ours "$1" || kill "$1" 2>/dev/null || true
	for ((i = 0; i < 500; i++)); do
		ours "$1" || break
		sleep 0.02
	done
	! ours "$1" || kill -KILL "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}
end() {
	local rc=$? pid
	trap '' TERM # timeout says it twice, to us and to our group
	for pid in $CORE_PID ${BESIDE_PID:-}; do put_down "$pid"; done # BESIDE: of a scenario, beside ours
	chmod -R u+rwx "$W" 2>/dev/null || true
	[[ -n ${KEEP:-} ]] || rm -rf "$W"
	exit "$rc"
}
trap end EXIT
cd "$W"

fail() {
	echo "FAILED: $*" >&2
	[[ ! -f $W/out ]] || { echo "--- its output:" && tail -n 40 "$W/out"; } >&2
	[[ ! -f $W/err ]] || { echo "--- its errors:" && tail -n 40 "$W/err"; } >&2
	exit 1
}
skip() {
	echo "$*"
	exit 77
}

# Is the program built with a sanitizer? Its allocator keeps what was freed: memory cannot be judged then.
sanitized() { grep -qaE '__(asan|tsan|msan)_init' "$STRONGROOM_T"; }
# Or for make cov? What is linked with its library needs gcov's.
counted() { grep -qa '__gcov_init' "$STRONGROOM_T"; }

sr() { "$STRONGROOM_T" "$@"; }
as() {
	local who=$1
	shift
	sr "$@" --as "$W/$who.id" --passphrase-file "$W/pass"
}
# ok COMMAND...: it must succeed; its output is in $W/out, and OUT.
ok() {
	"$@" >"$W/out" 2>"$W/err" || fail "status $? of: $*"
	OUT=$(<"$W/out")
}
# refused STATUS PIECE COMMAND...: it must end with that status and say PIECE (a grep pattern).
refused() {
	local want=$1 piece=$2 rc=0
	shift 2
	"$@" >"$W/out" 2>"$W/err" || rc=$?
	((rc == want)) || fail "status $rc, want $want, of: $*"
	grep -qiE -e "$piece" "$W/err" "$W/out" || fail "nothing says /$piece/: $*"
}
# has PIECE: the last output or its errors must say it.
has() {
	grep -qE -e "$1" "$W/out" "$W/err" || fail "nothing says /$1/"
}
hasnt() {
	! grep -qE -e "$1" "$W/out" "$W/err" || fail "it says /$1/"
}
# The language of jq by a program that starts in 2 ms: jq 1.6 takes 17, and is started two thousand times.
jq() { gojq "$@"; }
# The system's own, where there is one: a shim of pyenv before it is a shell script, five times as long as what it starts.
if [[ -x /usr/bin/python3 ]]; then python3() { /usr/bin/python3 "$@"; }; fi
# json PATH [FILE]: a value out of JSON; PATH as in item.0 or 0.id.
json() {
	local path='' step
	for step in ${1//./ }; do
		if [[ $step = *[!0-9]* ]]; then path+="[\"$step\"]"; else path+="[$step]"; fi
	done
	jq -er ".$path | tostring" "${2:-$W/out}" 2>"$W/jq.err" || fail "no $1 in the JSON"
}
same() {
	[[ $1 = "$2" ]] || fail "have '$1', want '$2'${3:+ ($3)}"
}
# One bit is another: FILE, and where (its middle). A byte written over it may be the one that is there.
flip() { # FILE [OFFSET]
	local size at byte
	size=$(stat -c %s "$1")
	at=${2:-$((size / 2))}
	byte=$(od -An -tu1 -j "$at" -N 1 "$1" | tr -d ' ')
	# shellcheck disable=SC2059
	printf "\\$(printf %03o $((byte ^ 16)))" | dd of="$1" bs=1 seek="$at" conv=notrunc status=none
}

person() {
	local n
	[[ -f $W/pass ]] || echo 'correct horse' >"$W/pass"
	for n in "$@"; do
		sr identity new "$W/$n.id" --name "Name of $n" --passphrase-file "$W/pass" --quiet >/dev/null
	done
}
who() { sr identity show "$W/$1.id" --json >"$W/who.json" && json person "$W/who.json"; }

# An empty vault; options of init.
empty() { sr init --origin test.example/vault --unlock-new "$W/vault.key" "${@:---no-second}" >/dev/null; }
USUAL=$(declare -f person empty)

# loss MEMBERS HIGHEST: the sentence that board new wants.
loss() { echo "losing $(($1 - $2 + 1)) of $1 shares loses the archive"; }

# founded [MEMBERS [LEVELS]]: members m1.., curators cu1 cu2, officer of, auditor au, custodian ke; researcher ri, depositor
# de; collection `box`. Half a second of work that is the same everywhere, so in a run of scripts/check it is done once and
# copied, but where a scenario founds a second vault, at another place, or with people or an empty vault of its own.
founded() {
	local n=${1:-3} levels=${2:-2,3} kept
	kept=${RESULTS:+$RESULTS/founded-$n-$levels}
	if [[ -z $kept || -e $W/vault || $STRONGROOM_VAULT:$STRONGROOM_STATE != "$W/vault:$W/state" ||
		$(declare -f person empty) != "$USUAL" ]]; then
		found "$n" "$levels"
	else
		exec 8>>"$kept.lock"
		flock 8
		if [[ ! -d $kept ]]; then
			found "$n" "$levels"
			mkdir "$kept.new"
			cp -a pass ./*.id ./*.card vault.key vault state draft.json "$kept.new"
			mv "$kept.new" "$kept"
		else
			cp -a "$kept/." .
		fi
		exec 8>&-
	fi
	MEMBERS=$n
	FINGERPRINT=$(json fingerprint "$W/draft.json")
}
# found [MEMBERS [LEVELS]]: the same, never copied.
found() {
	local n=${1:-3} levels=${2:-2,3} i cards=()
	MEMBERS=$n
	for ((i = 1; i <= n; i++)); do cards+=("$W/m$i.id.card"); done
	# shellcheck disable=SC2046
	person $(seq -f 'm%g' "$n") cu1 cu2 of au ke ri de
	empty
	sr board new --member "${cards[@]}" --level "$levels" --curator cu1.id.card cu2.id.card --officer of.id.card \
		--auditor au.id.card --custodian ke.id.card --i-accept-loss "$(loss "$n" "${levels##*,}")" --json >"$W/draft.json"
	FINGERPRINT=$(json fingerprint "$W/draft.json")
	for ((i = 1; i <= n; i++)); do as "m$i" board deal --fingerprint "$FINGERPRINT" --quiet >/dev/null; done
	for ((i = 1; i <= n; i++)); do as "m$i" board accept --quiet >/dev/null; done
	as cu1 person add ri.id.card --role researcher --quiet >/dev/null
	as cu1 person add de.id.card --role depositor --quiet >/dev/null
	collection box
}
# collection NAME [OPTION...]: asked by m1, voted by m1 and m2.
collection() {
	as m1 collection new "$@" --json >"$W/c.json"
	local r
	r=$(json request "$W/c.json")
	as m1 vote "$r" approve --quiet >/dev/null
	as m2 vote "$r" approve --quiet >/dev/null
}
# deposit WORDS...: into `box`; ITEM is the first item, ACCESSION the accession.
deposit() {
	as de deposit --collection box --json "$@" >"$W/d.json" || fail "deposit $*"
	ITEM=$(json item.0 "$W/d.json")
	ACCESSION=$(json accession "$W/d.json")
}
# sandboxed: there is a sandbox here, or the scenario is skipped. Doctor would try each wall of it, three times: as much work
# as many a scenario; what the walls hold is shown by inspect.sh and the tests of sandbox/.
sandboxed() {
	echo '<!DOCTYPE html>' >"$W/tried.html"
	sr inspect "$W/tried.html" >out 2>err || skip "no sandbox here: $(head -n 3 out err)"
	rm "$W/tried.html"
}
# released WORDS...: deposited, described (title `paper`, HAZARD) and released.
released() {
	deposit "$@"
	as cu1 describe "$ITEM" --title "paper" ${HAZARD:+--hazard "$HAZARD"} --quiet >/dev/null
	as cu2 release "$ITEM" --quiet >/dev/null
}
# requested ITEM...: REQUEST for text by ri.
requested() {
	as ri request "$@" --purpose research --ends 30d --reason 'the thesis' --json >"$W/r.json" || fail "request $*"
	REQUEST=$(json request "$W/r.json")
}
# granted ITEM...: requested, and approved by m1 and m2 (and m3 at level 3); GRANT.
granted() {
	requested "$@"
	as m1 vote "$REQUEST" approve --quiet >/dev/null
	as m2 vote "$REQUEST" approve --quiet >/dev/null
	as ri grants --request "$REQUEST" --json >"$W/g.json"
	GRANT=$(json 0.id "$W/g.json")
}
checked_out() {
	as ri checkout "$@" --json >"$W/k.json" 2>"$W/err" || fail "checkout $*"
	CHECKOUT=$(json checkout "$W/k.json")
}
# core: runs until the end of the scenario; `core_stop` ends it.
core() {
	bound "$STRONGROOM_T" core --quiet 2>"$W/core.err" &
	CORE_PID=$!
	for _ in $(seq 200); do
		[[ ! -S $W/vault/run/core.sock ]] || return 0
		kill -0 "$CORE_PID" 2>/dev/null || fail "core ended: $(cat "$W/core.err")"
		sleep 0.05
	done
	fail "core does not answer"
}
core_stop() {
	kill "$CORE_PID"
	wait "$CORE_PID" || true
	CORE_PID=
}
# lines_with TEXT: how many lines of the memory of core have it. Every mapping is read, guard pages and locked memory too, as
# root (core allows no dump and no tracing). The list of them is read at once: the shell reads it again from a place in it for
# each line, which is another place when core has mapped or unmapped something, and half a line is no range.
lines_with() {
	python3 -S -c '
import sys
maps = open("/proc/%s/maps" % sys.argv[1], "rb").read().decode()
memory = open("/proc/%s/mem" % sys.argv[1], "rb", buffering=0)
for line in maps.splitlines():
    if "[vvar" in line or "[vsyscall]" in line:
        continue
    at, end = (int(n, 16) for n in line.split()[0].split("-"))
    try:
        memory.seek(at)
        while at < end:
            some = memory.read(min(end - at, 1 << 20))
            if not some:
                break
            sys.stdout.buffer.write(some)
            at += len(some)
    except (OSError, OverflowError, ValueError):
        pass  # a page that nobody can read, or one that has gone
' "$CORE_PID" >"$W/image" || fail 'the memory of core cannot be read'
	(($(stat -c %s "$W/image") > 1000000)) || fail 'the memory of core cannot be read'
	grep -acF -e "$1" "$W/image" || true
}

#!/bin/bash
# Real core dumps. One of the serving process after a return, one after the vault was closed, one of a command that opened
# the vault itself: no word of the document, no passphrase, no credential, no secret key of a person. And production leaves
# none: no core size, not dumpable, secret memory kept out of dumps.
#
# The test build can be made dumpable (SR_DUMPABLE) and abort when all is closed (SR_ABORT_AT_END); the kernel writes the
# dump where core_pattern is a plain name, gdb makes it elsewhere.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

! sanitized || skip 'the allocator of a sanitizer keeps what was freed'
ulimit -c unlimited 2>/dev/null || skip 'the limit of core dumps cannot be raised here'
pattern=$(cat /proc/sys/kernel/core_pattern 2>/dev/null || echo '|')
by_kernel=1
[[ $pattern != '|'* && $pattern != */* ]] || by_kernel=
[[ -n $by_kernel ]] || command -v gdb >/dev/null ||
	skip "core_pattern is $pattern, which no test should follow, and there is no gdb"

mkdir dumps
# dump NAME PID: the image of that process, which ends.
dump() {
	if [[ -n $by_kernel ]]; then
		kill -ABRT "$2"
		wait "$2" 2>/dev/null || true
		taken "$1"
		return
	fi
	gdb -nx -batch -p "$2" -ex "generate-core-file $W/dumps/$1" >"$W/gdb.out" 2>&1 || fail "gdb: $(tail -n 3 gdb.out)"
	kill -KILL "$2"
	wait "$2" 2>/dev/null || true
}
# taken NAME: the kernel's dump, under that name.
taken() {
	local at=("$W"/dumps/core*)
	[[ -f ${at[0]} ]] || fail "the kernel wrote no dump of $1 (core_pattern $pattern)"
	mv "${at[0]}" "$W/dumps/$1"
}
# lines NAME TEXT: how many lines of the image hold it.
lines() { grep -acF -e "$2" "$W/dumps/$1" || true; }
# holds FILE BYTES: are the bytes of the one file in the other?
holds() {
	perl -e 'local $/; open my $d, "<", $ARGV[0]; open my $k, "<", $ARGV[1]; exit(index(<$d>, <$k>) >= 0 ? 0 : 1)' "$@"
}
# none NAME: nothing that is secret is in it, and it is an image at all.
none() {
	local size what
	size=$(stat -c %s "$W/dumps/$1")
	((size > 1000000)) || fail "the image of $1 has $size bytes"
	(($(lines "$1" "$STRONGROOM_VAULT") > 0)) || fail "the image of $1 does not even hold the vault's path"
	same "$(lines "$1" wombat-)" 0 "lines of the document in the dump of $1"
	same "$(lines "$1" "$(cat pass)")" 0 "the passphrase in the dump of $1"
	for what in credential person; do
		! holds "dumps/$1" "$what.bytes" || fail "the key of the $what is in the dump of $1"
	done
}
core() {
	(cd dumps && bound env SR_DUMPABLE=1 ${1:+"$1"} "$STRONGROOM_T" core --quiet 2>"$W/core.err") &
	CORE_PID=$!
	for _ in $(seq 200); do
		[[ ! -S $W/vault/run/core.sock ]] || return 0
		kill -0 "$CORE_PID" 2>/dev/null || fail "core ended: $(cat "$W/core.err")"
		sleep 0.05
	done
	fail 'core does not answer'
}

echo 'the very long passphrase of nobody in particular' >pass
founded
seq -f 'wombat-%06.0f burrow' 60000 >one
released one
granted "$ITEM"
head -c 32 vault.key >credential.bytes
holds vault.key credential.bytes || fail 'the search of bytes finds nothing'
! holds pass credential.bytes || fail 'the search of bytes finds everything'
# The secret key of ri: the 32 bytes behind the age key.
ok sr identity age ri.id --secret-to age.key --passphrase-file pass
grep -o 'AGE-SECRET-KEY-1[A-Z0-9]*' age.key | perl -ne '
	chomp; s/^AGE-SECRET-KEY-1//; my %v; @v{split //, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"} = 0 .. 31;
	my $bits = join "", map { sprintf "%05b", $v{$_} } split //, substr($_, 0, -6);
	print pack "B256", $bits' >person.bytes
same "$(stat -c %s person.bytes)" 32

# While the item is open the dump holds it: the search sees what is there.
core
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
cmp -s out one || fail 'not the file'
dump open "$CORE_PID"
(($(lines open wombat-) > 0)) || fail 'the open item is not in the dump: the search sees nothing'
rm -f dumps/open vault/run/core.sock
# After the return.
core
ok as ri return "$CHECKOUT"
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
ok as ri return "$CHECKOUT"
dump returned "$CORE_PID"
none returned
rm -f dumps/returned vault/run/core.sock
if [[ -n $by_kernel ]]; then
	# After the vault was closed, with an item still open at that moment.
	core SR_ABORT_AT_END=1
	checked_out "$ITEM"
	ok as ri cat "$CHECKOUT"
	kill "$CORE_PID"
	wait "$CORE_PID" 2>/dev/null || true
	taken closed
	none closed
	rm -f dumps/closed vault/run/core.sock
	# A command that opens the vault itself, with the passphrase of a person, and shows the document.
	rc=0
	(cd dumps && SR_DUMPABLE=1 SR_ABORT_AT_END=1 "$STRONGROOM_T" cat "$CHECKOUT" --as "$W/ri.id" --passphrase-file "$W/pass") \
		>out 2>err || rc=$?
	same $rc 134 'the status of a command that aborts'
	cmp -s out one || fail 'not the file'
	taken command
	none command
	rm -f dumps/command
fi
CORE_PID=

# Production: limit, dumpability, the arena. The program that is installed, not the test build.
ulimit -c unlimited
(cd dumps && bound "$STRONGROOM" core --quiet 2>"$W/core.err") &
CORE_PID=$!
for _ in $(seq 200); do
	[[ ! -S $W/vault/run/core.sock ]] || break
	kill -0 "$CORE_PID" || fail "core ended: $(cat core.err)"
	sleep 0.05
done
grep -qE '^Max core file size +0 +0 ' "/proc/$CORE_PID/limits" || fail 'core may leave a core dump'
if (($(id -u) == 0)); then
	# 1 MiB, locked (lo), kept out of dumps (dd), wiped in a child (wf).
	awk '/^[0-9a-f]+-[0-9a-f]+ / { size = 0 }
		/^Size:/ { size = $2 }
		/^VmFlags:/ && size == 1024 && / dd / && / lo / && / wf / { found = 1 }
		END { exit !found }' "/proc/$CORE_PID/smaps" || fail 'the secret memory is not kept out of dumps'
elif cat "/proc/$CORE_PID/environ" >/dev/null 2>&1; then
	fail 'core is dumpable: its own user reads its environment'
fi
kill -SEGV "$CORE_PID"
wait "$CORE_PID" 2>/dev/null || true
CORE_PID=
[[ -z $(ls -A dumps) ]] || fail "a dump was written: $(ls dumps)"
if (($(id -u) == 0)) && command -v setpriv >/dev/null && [[ -x /dev/shm || $W != /dev/shm/* ]]; then
	# As a user: what is not dumpable belongs to root in /proc.
	cp "$STRONGROOM" strongroom
	chmod 755 strongroom
	chmod 711 "$W"
	rm -f vault/run/core.sock
	chown -R 64001:64001 vault vault.key
	setpriv --reuid 64001 --regid 64001 --clear-groups --pdeathsig KILL "$W/strongroom" core --quiet 2>"$W/core.err" &
	CORE_PID=$!
	for _ in $(seq 200); do
		[[ ! -S $W/vault/run/core.sock ]] || break
		kill -0 "$CORE_PID" || fail "core ended: $(cat core.err)"
		sleep 0.05
	done
	same "$(stat -c %u "/proc/$CORE_PID/mem")" 0 'the owner of the memory of core'
	! setpriv --reuid 64001 --regid 64001 --clear-groups cat "/proc/$CORE_PID/environ" >/dev/null 2>&1 ||
		fail 'its own user reads the memory of core'
	core_stop
fi

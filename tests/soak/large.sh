#!/bin/bash
# 45,000 small files and one of 2 GiB: deposit, request, votes, export, stock age, byte for byte the same; a second deposit
# of the tree, and of a real one, adds under one percent to the packs; deposit and export stay under 128 MiB. On a real disk
# (10 GB), some minutes.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.bash
ON_DISK=1 . "$(dirname "$0")/../cli/lib.bash"

command -v age >/dev/null || skip 'no age to open an export'
limit=$((128 * 1024)) # KiB
# measured WHAT COMMAND...: it must succeed in less memory than the limit.
measured() {
	local what=$1 peak=0 now pid began=$SECONDS
	shift
	"$@" >"$W/out" 2>"$W/err" &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		now=$(awk '/^VmHWM:/ { print $2 }' "/proc/$pid/status" 2>/dev/null || true)
		((${now:-0} <= peak)) || peak=$now
		sleep 0.2
	done
	wait $pid || fail "status $? of: $*"
	echo "$what: $((SECONDS - began)) s, at most $peak KiB"
	((peak < limit)) || fail "$what took $peak KiB"
}
by() { # the process itself, not a shell around it
	local who=$1
	shift
	measured "$1" "$STRONGROOM_T" "$@" --as "$W/$who.id" --passphrase-file "$W/pass"
}

founded
mkdir tree
n=0
for size in 1000 5000 12000 30000 60000; do
	mkdir "tree/$size"
	head -c $((size * 9000)) /dev/urandom | split -b $size -d -a 5 - "tree/$size/"
	n=$((n + $(find "tree/$size" -type f | wc -l)))
done
same "$n" 45000
by de deposit tree --collection box --json
tree=$(json item.0)
same "$(json files)" 45000
before=$(du -sb vault/packs | cut -f1)
by de deposit tree --collection box --json
after=$(du -sb vault/packs | cut -f1)
echo "packs: $before bytes, and $((after - before)) more after the second deposit"
((after - before < before / 100)) || fail 'more than one percent'
# A real tree: whatever of these the machine has; what they hold is small files that shrink.
real=()
for d in /usr/share/doc /usr/include /usr/share/man /usr/lib/python3; do [[ ! -d $d ]] || real+=("$d"); done
if ((${#real[@]} > 0 && $(du -sbc "${real[@]}" | tail -n 1 | cut -f1) >= 50000000)); then
	by de deposit "${real[@]}" --collection box --json
	before=$(du -sb vault/packs | cut -f1)
	first=$((before - after))
	by de deposit "${real[@]}" --collection box --json
	after=$(du -sb vault/packs | cut -f1)
	echo "$(json files) files of ${real[*]}: packs of $first bytes, and $((after - before)) more after the second deposit"
	((after - before < first / 100)) || fail 'more than one percent'
else
	echo 'no 50 MB of real files here'
fi
head -c 2147483648 /dev/urandom >big
by de deposit big --collection box --json
big=$(json item.0)
for i in "$tree" "$big"; do
	as cu1 describe "$i" --title "item $i" --quiet >/dev/null
	as cu2 release "$i" --quiet >/dev/null
done
age-keygen -o key 2>/dev/null
ok as ri request export "$tree" "$big" --to "$(age-keygen -y key)" --purpose research --ends 9d --reason r --json
REQUEST=$(json request)
ok as m1 vote "$REQUEST" approve
ok as m2 vote "$REQUEST" approve
ok as ri grants --json
GRANT=$(json 0.id)
by ri export "$GRANT" "$tree" --out tree.age
mkdir back
age -d -i key tree.age | tar -C back -xf -
diff -rq tree back/tree || fail 'the tree came back changed'
rm -rf tree.age back
by ri export "$GRANT" "$big" --out big.age
age -d -i key big.age | cmp - big || fail 'the file came back changed'
ok sr scrub
has '0 findings'
ok sr verify

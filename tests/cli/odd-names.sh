#!/bin/bash
# Names of any bytes, of any length: kept, listed and given back as they were.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

command -v age >/dev/null || skip 'no age to open an export'
founded
mkdir odd
printf one >"odd/$(printf 'two\nlines')"
printf two >"odd/$(printf 'not\xff\xfeutf8')"
printf three >'odd/ leading and trailing '
printf four >"odd/$(printf '\033[31mred')"
printf five >"odd/$(printf 'right\xe2\x80\xaeleft')"
printf six >'odd/-rf'
printf seven >"odd/$(printf 'n%.0s' {1..255})"
# A path of more than 4096 bytes: recorded as what cannot be kept, not dropped.
(
	cd odd
	d=$(printf 'd%.0s' {1..250})
	for _ in {1..20}; do
		mkdir "$d"
		cd "$d"
	done
	printf deep >deep
)
ok as de deposit odd --collection box --json
same "$(json files)" 8
same "$(json unreadable)" 1
grep -q '4096' out || fail 'the reason names the limit'
ITEM=$(json item.0)
ok as cu1 show "$ITEM" --json
[[ $(jq -r '.file[].path_hex // empty' out | wc -l) -ge 1 ]] || fail 'no bytes of the odd name'
ok as cu1 show "$ITEM"
! grep -q $'\033' out || fail 'an escape sequence reached the terminal'
! grep -q $'\xe2\x80\xae' out || fail 'a bidirectional override reached the terminal'
as cu1 describe "$ITEM" --title odd --quiet >/dev/null
as cu2 release "$ITEM" --quiet >/dev/null
age-keygen -o key 2>/dev/null
ok as ri request export "$ITEM" --to "$(age-keygen -y key)" --purpose research --ends 9d --reason r --json
REQUEST=$(json request)
ok as m1 vote "$REQUEST" approve
ok as m2 vote "$REQUEST" approve
ok as ri grants --json
ok as ri export "$(json 0.id)" "$ITEM" --out odd.age
mkdir back
age -d -i key odd.age | tar -C back -xf -
rm -rf odd/dddd* back/odd/dddd*
diff -r odd back/odd || fail 'something came back changed'

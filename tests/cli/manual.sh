#!/bin/bash
# The tour of README.md, run: its commands, in order, and what they print.
#
# Blocks marked `sh` are commands that must succeed. Blocks marked `console` hold `$ command` and the output expected. Ids,
# hashes and times differ from run to run: an id of the page stands for the one that takes its place when it is first
# printed, and commands are given that one, whole.
# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"

README=$HERE/../../README.md
unset STRONGROOM_VAULT STRONGROOM_UNLOCK STRONGROOM_STATE
mkdir "$W/bin"
ln -s "$STRONGROOM_T" "$W/bin/strongroom"
ln -s "$STRONGROOM_VERIFY" "$W/bin/strongroom-verify"
PATH=$W/bin:$PATH
declare -A now # id of the page -> id of this run
ran=0
begins=
tell() {
	local status=$?
	[[ -z $begins ]] || printf 'FAILED: README.md: the block that begins: %s\n%s\n' "$begins" "$(cat "$W/err")" >&2
	(exit "$status") || end
	end
}
trap tell EXIT

# The word of this run that stands for a word of a command.
translated() {
	local word=$1 old
	if [[ $word =~ ^[0-9a-f]{4,}$ ]]; then
		for old in "${!now[@]}"; do
			[[ $old != "$word"* ]] || { word=${now[$old]}; break; }
		done
	fi
	printf '%s' "$word"
}

command_of() {
	local word line=
	# Words are split at spaces alone: what is quoted has no ids in it, and comes out as it was.
	while read -r -d ' ' word || [[ -n $word ]]; do
		line+=$(translated "$word")' '
	done <<<"$1"
	printf '%s' "${line%$'\n'*}"
}

# One word printed, against the page.
agrees() {
	local page=$1 here=$2 tail
	tail=${page##*[!,.;:)]}
	[[ ! ($page =~ ^\([0-9]+$ && $here =~ ^\([0-9]+$) ]] || return 0 # how large it is grows with the manual
	page=${page#(} here=${here#(}
	[[ $page != "$here" ]] || return 0
	page=${page%"$tail"} here=${here%"$tail"}
	if [[ $page =~ ^[0-9a-f]{8,}$ && $here =~ ^[0-9a-f]+$ && ${#page} = "${#here}" ]]; then
		local old
		for old in "${!now[@]}"; do
			[[ $old != "$page"* ]] || { [[ ${now[$old]} = "$here"* ]] && return 0 || return 1; }
		done
		now[$page]=$here
	elif [[ $page =~ ^p-[0-9a-f]{16}$ ]]; then
		[[ $here =~ ^p-[0-9a-f]{16}$ ]]
	elif [[ $page =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$ ]]; then
		[[ $here =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$ ]]
	elif [[ $page =~ ^[A-Za-z0-9+/]{43}=$ ]]; then
		[[ $here =~ ^[A-Za-z0-9+/]{43}=$ ]]
	else
		return 1
	fi
}

compare() {
	local command=$1 page=() here=() i
	read -r -d '' -a page <<<"$2" || true
	read -r -d '' -a here <<<"$3" || true
	((${#page[@]} == ${#here[@]})) || differs "$@"
	for ((i = 0; i < ${#page[@]}; i++)); do
		agrees "${page[i]}" "${here[i]}" || differs "$@"
	done
}

differs() {
	printf 'FAILED: README.md: %s\n--- the page says\n%s\n--- the program says\n%s\n' "$1" "$2" "$3" >&2
	exit 1
}

block=
while IFS= read -r line || [[ -n $line ]]; do
	case $line in
	'```sh') block=sh text='' ;;
	'```console') block=console command='' text='' ;;
	'```')
		if [[ $block = sh ]]; then
			begins=${text%%$'\n'*}
			eval "$text" >"$W/out" 2>"$W/err" # -e ends it, and the trap tells where
			begins=
		elif [[ $block = console && -n $command ]]; then
			compare "$command" "$text" "$(eval "$(command_of "$command")" 2>&1)"
			ran=$((ran + 1))
		fi
		block=
		;;
	*)
		if [[ $block = console && $line = '$ '* ]]; then
			if [[ -n $command ]]; then
				compare "$command" "$text" "$(eval "$(command_of "$command")" 2>&1)"
				ran=$((ran + 1))
			fi
			command=${line#'$ '} text=''
		elif [[ -n $block ]]; then
			text+=$line$'\n'
		fi
		;;
	esac
done <"$README"
((ran >= 10)) || fail "README.md has a tour of $ran commands"

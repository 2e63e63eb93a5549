#!/bin/bash
# Every file, or every folder, becomes an item of its own.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
mkdir -p shelf/a/deep shelf/b
echo 1 >shelf/a/1
echo 2 >shelf/a/deep/2
echo 3 >shelf/b/3
echo 4 >shelf/4
ok as de deposit shelf --each file --collection box --json
same "$(json items)" 4
ok as de deposit shelf --each folder --collection box --json
same "$(json items)" 3
ok as cu1 list --accession "$(json accession)" --json
same "$(jq -r '[.[] | "\(.files):\(.title)"] | sort | join(" ")' out)" '1:b 1:shelf/4 2:a'
ok as de deposit shelf --collection box --json
same "$(json items)" 1
same "$(json files)" 4
ok as de deposit shelf/a shelf/b --each folder --collection box --json
same "$(json items)" 3
refused 2 'each' as de deposit shelf --each shelf --collection box
refused 2 'stored as' as de deposit shelf/a shelf/../shelf/a --collection box

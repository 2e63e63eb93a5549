#!/bin/bash
# Standard input is a file like any other; a name is needed.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
refused 2 'name' as de deposit - --collection box
head -c 3000000 /dev/urandom | base64 >big
as de deposit - --name 'notes/big.txt' --title 'From a pipe' --collection box --json <big >d.json
ITEM=$(json item.0 d.json)
ok as cu1 show "$ITEM" --json
same "$(json title)" 'From a pipe'
same "$(json file.0.path)" notes/big.txt
same "$(json file.0.sha256)" "$(sha256sum big | cut -d' ' -f1)"
same "$(jq -r '.file[0]["media-type"]' out)" text/plain

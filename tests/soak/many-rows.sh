#!/bin/bash
# A table of more rows than are kept at once is refused before anything is opened; one row less goes on to the vault.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.bash
. "$(dirname "$0")/../cli/lib.bash"

touch f
awk 'BEGIN { print "path"; for (i = 0; i < 1000000; i++) print "f" }' >many.csv
refused 2 'which vault|who acts' env -u STRONGROOM_VAULT "$STRONGROOM_T" deposit --rows many.csv --collection c
echo f >>many.csv
refused 5 'many.csv: row 1000002: more than 1000000 rows' sr deposit --rows many.csv --collection c

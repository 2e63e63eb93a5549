#!/bin/bash
# strongroom-verify and witnesses, on a published log (transparency-dev/tessera) with a witness's cosignature: receipts need
# the quorum that the policy names, a known witness's bad cosignature refuses all, unknown lines count for nothing.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

: "${STRONGROOM_VERIFY:?the test build of strongroom-verify}"
KEY='example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx'
W1='witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN'
verify() { "$STRONGROOM_VERIFY" "$@"; }

cat >proof <<'EOF'
c2sp.org/tlog-proof@v1
index 5
zMKa4OAqd7D0V4wawXST15z0JiEEkprIBPkfxOesWvA=
nk9gCR+floFqznAPtqjjcnnV64dge2jQB95D5t164Hg=
zY1lN35vrXYAPixXSd59LsU29xUJtuW4o2dNNg5Y2Co=

example.com/log/testdata
8
bC+VwvrJbalNVjfkdI8kUgs7mJoXrqiXCE7bgnD28pY=

— example.com/log/testdata M9e0lq1EK37dHtgv9O3UzPxisw5vwIPcJsX9ab0xt4mvVfbdUR1fbMjN6sBFYpBoBEmD4+cWhj/AVgI5MitCO5+mews=
— witness.example.org uKLPIAAAAABpVGeATpM2NHKXdN9/xPeN3aSJvqGWTvnkFr6/tuGZO+LedHGBX60g5LEGl2C5U8eFgrgSgntlmYNIEEKTgMRRXK8hCQ==
EOF
same "$(sha256sum <proof)" '1e3c8c29c3cd77d635dfc61fc9dd15f0369f2d08646c813209165f80fe74a42c  -'
printf six >six
sed '/^— witness/d' proof >alone
sed '1,/^$/d' proof >cosigned
sed '1,/^$/d' alone >bare

printf 'log %s\nwitness w %s\nquorum w\n' "$KEY" "$W1" >policy
ok verify receipt proof --entry six --policy policy # the log's key from the policy
has 'cosigned by witness.example.org at 2025-12-31T00:00:00Z'
has 'entry 5 .3 bytes. is in the log of example.com/log/testdata, which had 8 entries'
hasnt 'nothing was asked'
ok verify receipt proof --entry six --key "$KEY"
has 'nothing was asked of witnesses'
refused 1 'REFUSED.*0 of 1 witness' verify receipt alone --entry six --policy policy
ok verify receipt alone --entry six --key "$KEY"

# Two of two where one cosigned; any of them.
OTHER='PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW' # a log's key, not a witness's
printf 'witness w %s\nwitness v %s\nquorum w\n' "$W1" "$OTHER" >policy2
refused 2 'policy' verify receipt proof --entry six --key "$KEY" --policy policy2
printf 'quorum none\n' >none
ok verify receipt alone --entry six --key "$KEY" --policy none

# One digit of the cosignature: a known witness's wrong line refuses, also where nobody needs it.
sed 's/^— witness.example.org uKLPIAAAAABpVGeAT/— witness.example.org uKLPIAAAAABpVGeAU/' proof >spoilt
printf 'witness w %s\nquorum none\n' "$W1" >known
refused 1 'REFUSED' verify receipt spoilt --entry six --key "$KEY" --policy known
ok verify receipt spoilt --entry six --key "$KEY" # to whom it is unknown

# Checkpoints: the newer needs the quorum, what is remembered does not.
printf '5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks=\n' >8-15
LOG=$SR_VECTORS/tessera-log/testdata/log
[[ -d $LOG ]] || skip "$LOG is not there"
ok verify consistency cosigned "$LOG/checkpoint.15" --key "$KEY" --proof 8-15
refused 1 'REFUSED.*0 of 1 witness' verify consistency cosigned "$LOG/checkpoint.15" --key "$KEY" --proof 8-15 --policy policy
ok verify consistency "$LOG/checkpoint.3" cosigned --log "$LOG" --policy policy
has 'cosigned by witness.example.org'
refused 3 "holds no entry" verify consistency "$LOG/checkpoint.3" proof --log "$LOG" --key "$KEY"
ok verify log "$LOG" --checkpoint cosigned --policy policy --since bare --since "$LOG/checkpoint.3"
has 'continues bare .8 entries'
refused 1 'REFUSED.*rolled back' verify log "$LOG" --checkpoint cosigned --policy policy --since "$LOG/checkpoint.15"
refused 1 'REFUSED.*is of example.com/log/testdata, not of other' verify log "$LOG" --key "$KEY" --origin other
sed '$s/=$/A=/' 8-15 >long
refused 3 'DAMAGED' verify consistency cosigned "$LOG/checkpoint.15" --key "$KEY" --proof long
echo lZ8+VwvrJbalNVjfkdI8kUgs7mJoXrqiXCE7bgnD28pY= | head -c 44 >wrong && echo >>wrong
verify consistency cosigned "$LOG/checkpoint.15" --key "$KEY" --proof wrong >/dev/null 2>&1 && fail 'a wrong proof was accepted'
true

#!/bin/bash
# A request that can no longer reach its quorum is refused, and its key is erased.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded
echo text >f
released f
requested "$ITEM"
ok as m1 vote "$REQUEST" reject --reason 'too wide'
ok as m2 vote "$REQUEST" reject
has 'refused'
ok as ri request show "$REQUEST"
has 'state +refused'
has 'room key +erased'
refused 1 'refused|open' as m3 vote "$REQUEST" approve
requested "$ITEM"
ok as ri withdraw "$REQUEST"
ok as ri request list --state withdrawn
has "${REQUEST:0:12}"

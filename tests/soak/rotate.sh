#!/bin/bash
# A change of the service keys, killed at every single step: undone, or gone on with at the next opening. Two minutes.
set -euo pipefail
KILL_STRIDE=1 exec bash "$(dirname "$0")/../cli/service-rotate.sh"

#!/bin/bash
# 500 power cuts ($CUTS) in the course of the main job, at moments and with a disk of $SEED's choosing. Ten minutes.
set -euo pipefail
SEED=${SEED:-$RANDOM}
echo "seed $SEED"
export SEED CUTS=${CUTS:-500}
exec bash "$(dirname "$0")/../cli/power-cut.sh"

#!/bin/sh
# Random builds: what the cache gives is what a build without it makes. STAVE_SOUNDNESS_RUNS rounds in all, one
# process for each CPU; each prints its seed, which STAVE_SOUNDNESS_SEED takes to run the same again.
set -eu
cd "$(dirname "$0")/.."
runs=${STAVE_SOUNDNESS_RUNS:-10000}
jobs=${STAVE_SOUNDNESS_JOBS:-$(nproc)}
seed=${STAVE_SOUNDNESS_SEED:-$(date +%s)}
# Stores of a few files each are made by the thousand: in memory where there is room.
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ]; then TMPDIR=/dev/shm; export TMPDIR; fi
pids=
for job in $(seq "$jobs"); do
  STAVE_SOUNDNESS_RUNS=$(((runs + jobs - 1) / jobs)) STAVE_SOUNDNESS_SEED=$((seed + job - 1)) \
    sh scripts/in-node.sh --test test/e2e/build-cache-soundness.prop.test.ts &
  pids="$pids $!"
done
code=0
for pid in $pids; do wait "$pid" || code=1; done
exit $code

#!/bin/sh
# The tests that `npm test` runs a few times, many times: kills, random builds, the rest of the properties.
# Takes a while. Counts may be given: STAVE_KILLS, STAVE_SOUNDNESS_RUNS, STAVE_ROUNDS (races on mounts and loads),
# STAVE_MANY (containers at once), STAVE_CONTAINER_KILLS (kills of anything around containers), STAVE_MUTATIONS (archives changed in their structure), STAVE_REGISTRY_ROUNDS (kills of a registry that collects).
# All recorded sessions are made again, too.
set -eu
cd "$(dirname "$0")/.."
STAVE_KILLS=${STAVE_KILLS:-500}
STAVE_SOUNDNESS_RUNS=${STAVE_SOUNDNESS_RUNS:-10000}
STAVE_ROUNDS=${STAVE_ROUNDS:-200}
STAVE_CONTAINER_KILLS=${STAVE_CONTAINER_KILLS:-200}
STAVE_MANY=${STAVE_MANY:-100}
STAVE_MUTATIONS=${STAVE_MUTATIONS:-10000}
STAVE_REGISTRY_ROUNDS=${STAVE_REGISTRY_ROUNDS:-1000}
STAVE_SESSIONS=all
export STAVE_SESSIONS STAVE_KILLS STAVE_SOUNDNESS_RUNS STAVE_ROUNDS STAVE_MUTATIONS STAVE_REGISTRY_ROUNDS STAVE_CONTAINER_KILLS STAVE_MANY
sh scripts/soak-soundness.sh
exec sh scripts/test.sh 'test/e2e/kill-build*.test.ts' src/build/mounts/cache.test.ts test/hardening/run-steps.test.ts \
  test/e2e/images-kill.test.ts test/e2e/registry-kill.test.ts test/e2e/load-races.test.ts \
  test/e2e/containers-kill.test.ts test/e2e/containers-many.test.ts test/e2e/recorder.test.ts src/registry-server/maintenance/kill.test.ts test/hostile/mutations.prop.test.ts

#!/bin/sh
# Compares stave with BuildKit, and lets Docker, podman and skopeo read what it saves (test/judges/).
# Needs root and the network (for the peers, the first time). Arguments go to test/judges/run.ts.
set -eu
cd "$(dirname "$0")/.."
# `ast DIR`: only our parser and files that are there already (docs/judges.md).
if [ "${1-}" = ast ]; then
  shift
  exec sh scripts/in-node.sh test/judges/ast.ts "$@"
fi
[ "$(id -u)" = 0 ] || { echo 'judges: this needs root: containers are run' >&2; exit 1; }
sh scripts/setup.sh
scripts/peers.sh install
trap 'scripts/peers.sh dockerd stop' EXIT
DOCKER_HOST=$(scripts/peers.sh dockerd start | sed 's/^DOCKER_HOST=//')
export DOCKER_HOST
# `projects FOLDER`: Dockerfiles of real projects, from clones that are there already (docs/judges.md).
if [ "${1-}" = projects ]; then
  shift
  sh scripts/in-node.sh test/judges/projects.ts "$@"
  exit
fi
sh scripts/in-node.sh test/judges/run.ts "$@"
sh scripts/in-node.sh test/judges/registries.ts
sh scripts/in-node.sh test/judges/signatures.ts
sh scripts/in-node.sh test/judges/attestations.ts
sh scripts/in-node.sh test/judges/archives.ts

#!/bin/sh
# Races stave against Docker and podman (bench/). Needs root; brings the peers and the demo's base the first time.
# Arguments go to bench/run.ts.
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo 'bench: this needs root: containers are run' >&2; exit 1; }
if [ -f .demo/debian.tar ]; then sh scripts/setup.sh >&2; else sh scripts/demo.sh >&2; fi
exec sh scripts/in-node.sh bench/run.ts "$@"

#!/bin/sh
# Races `stave registry serve` against the reference registry (bench/registry-server/). Needs root, wrk and curl.
# STAVE_BENCH_REGISTRY names the program of a newer registry that takes the same configuration file.
# Arguments go to bench/registry-server/run.ts: `--rounds N`, a pattern for the workloads.
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo 'bench: this needs root: the reference registry lives in a folder of its own' >&2; exit 1; }
for program in wrk curl; do
  command -v "$program" >/dev/null || { echo "bench: $program is missing: apt-get install $program" >&2; exit 1; }
done
sh scripts/setup.sh >&2
scripts/peers.sh install
exec sh scripts/in-node.sh bench/registry-server/run.ts "$@"

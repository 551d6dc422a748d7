#!/bin/sh
# Sets up, then runs the tests. Arguments name test files; without any, all run.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh
if [ $# -gt 0 ]; then
  exec sh scripts/in-node.sh --test --test-concurrency=2 "$@"
fi
exec sh scripts/in-node.sh --test --test-concurrency=2 'src/**/*.test.ts' 'test/**/*.test.ts'

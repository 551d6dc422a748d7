#!/bin/sh
# Checks and writes the declarations, then bundles the program (docs/adr says why).
set -eu
cd "$(dirname "$0")/.."
rm -rf dist
sh scripts/in-node.sh node_modules/typescript/bin/tsc -p tsconfig.build.json
sh scripts/in-node.sh scripts/bundle.ts dist
sh scripts/in-node.sh scripts/man.ts dist/man
touch dist/.stave-built

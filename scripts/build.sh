#!/bin/sh
# Checks and writes the declarations, then bundles the program: one file a door, shared chunks,
# commands loaded when they are asked for (docs/adr says why).
set -eu
cd "$(dirname "$0")/.."
rm -rf dist
sh scripts/in-node.sh node_modules/typescript/bin/tsc -p tsconfig.build.json
node_modules/.bin/esbuild src/cli/bin.ts src/index.ts src/engine/private-mounts.ts \
  src/runtime/executor-child.ts \
  --bundle --splitting --format=esm --platform=node --target=node24 --external:koffi \
  --outbase=src --outdir=dist --chunk-names=chunks/[name]-[hash] \
  --minify-syntax --minify-whitespace --sourcemap=linked --log-level=warning
touch dist/.stave-built

#!/bin/sh
# Everything a change must satisfy besides its tests: types, lint, format, unused code.
# The architecture is a test: test/architecture.test.ts.
set -eu
cd "$(dirname "$0")/.."
node() { sh scripts/in-node.sh "$@"; }
echo 'check: types' && node node_modules/typescript/bin/tsc -p tsconfig.json
node node_modules/typescript/bin/tsc -p src/registry-page/tsconfig.json
echo 'check: lint' && node_modules/.bin/oxlint --type-aware --deny-warnings
echo 'check: format' && node_modules/.bin/oxfmt --check .
echo 'check: architecture' && node --test --test-reporter=dot test/architecture.test.ts
echo 'check: unused code' && node node_modules/knip/bin/knip.js
echo 'check: all good'

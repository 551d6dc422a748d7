#!/bin/sh
# Runs a script with the Node that this repository pins, whatever the PATH holds.
top=$(cd "$(dirname "$0")/.." && pwd)
case $(uname -m) in
  x86_64) arch=x64 ;;
  aarch64 | arm64) arch=arm64 ;;
  *) arch=none ;;
esac
node=$top/node_modules/node-linux-$arch/bin/node
[ -x "$node" ] || node=${STAVE_NODE:-node}
# No compiler threads: as in bin/stave.
exec "$node" --no-concurrent-sparkplug --no-concurrent-recompilation "$@"

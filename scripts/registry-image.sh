#!/bin/sh
# Builds the image of the registry with stave itself, from what this checkout was built with:
#   scripts/registry-image.sh [BUILD FLAGS]      such as -t registry
# STAVE_ROOT names the store.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
[ -f "$top/dist/cli/bin.js" ] || { echo 'stave is not built: npm run setup' >&2; exit 1; }
case $(uname -m) in
  x86_64) arch=x64 ;;
  aarch64 | arm64) arch=arm64 ;;
  *) arch=none ;;
esac
node=$top/node_modules/node-linux-$arch/bin/node
[ -x "$node" ] || node=$(command -v "${STAVE_NODE:-node}")
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
stave=$context/system/opt/stave
mkdir -p "$stave/node_modules" "$context/data" "$context/system/etc" "$context/system/tmp"
chmod 1777 "$context/system/tmp"
cp "$node" "$stave/node"
cp "$top/package.json" "$top/LICENSE" "$stave/"
# Neither declarations nor maps nor manual pages: nobody reads them there.
(cd "$top" && find dist -name '*.js' -type f -exec cp --parents {} "$stave/" \;)
cp -RL "$top/node_modules/koffi" "$top/node_modules/yaml" "$stave/node_modules/"
if [ -d "$top/node_modules/@koromix" ]; then cp -RL "$top/node_modules/@koromix" "$stave/node_modules/"; fi
# The loader and the libraries that it finds for Node, at the places where it looks.
ldd "$node" | sed -n 's|.*=> \(/[^ ]*\) .*|\1|p; s|^\t\(/[^ ]*\) .*|\1|p' | while read -r library; do
  mkdir -p "$context/system${library%/*}"
  cp -L "$library" "$context/system$library"
done
echo 'registry:x:65532:65532:registry:/var/lib/registry:/' >"$context/system/etc/passwd"
echo 'registry:x:65532:' >"$context/system/etc/group"
set -- build -f "$top/images/registry/Dockerfile" "$@" "$context"
[ -z "${STAVE_ROOT:-}" ] || set -- --root "$STAVE_ROOT" "$@"
"$top/bin/stave" "$@"

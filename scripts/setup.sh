#!/bin/sh
# Makes a checkout ready: the Debian packages that are missing, the npm packages, the build.
# Runs twice without harm; the second time only what changed is done again.
set -eu
cd "$(dirname "$0")/.."

# program (or file) that proves it, then the Debian package that brings it
wanted='
crun crun
runc runc
mmdebstrap mmdebstrap
unshare util-linux
newuidmap uidmap
conmon conmon
ip iproute2
nft nftables
/usr/lib/podman/aardvark-dns aardvark-dns
catatonit catatonit
slirp4netns slirp4netns
pasta passt
xz xz-utils
bzip2 bzip2
zstd zstd
skopeo skopeo
git git
ssh openssh-client
openssl openssl
/bin/busybox busybox-static
chromium chromium
/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf fonts-dejavu-core
'
# /usr/sbin is where runc lies; a plain user's PATH may lack it.
PATH=$PATH:/usr/sbin:/sbin
missing=$(echo "$wanted" | while read -r program package; do
  [ -n "$program" ] || continue
  command -v "$program" >/dev/null 2>&1 || printf '%s ' "$package"
done)
if [ -n "$missing" ]; then
  if [ "$(id -u)" != 0 ]; then
    echo "setup: these Debian packages are missing, and installing them needs root:" >&2
    echo "  apt-get install -y $missing" >&2
    exit 1
  fi
  echo "setup: installing Debian packages: $missing"
  apt-get update -qq
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

stamp=node_modules/.stave-setup
want=$(cat package.json package-lock.json .npmrc | sha256sum)
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$want" ]; then
  # npm empties what a link leads to, and puts a folder in place of the link.
  if [ -L node_modules ]; then
    echo 'setup: node_modules is a link, and not what package-lock.json wants: run this where it leads to' >&2
    exit 1
  fi
  echo 'setup: installing npm packages'
  npm ci --loglevel=error
  echo "$want" >"$stamp"
fi

built=dist/.stave-built
if [ ! -f "$built" ] || [ -n "$(find src package.json tsconfig.json tsconfig.build.json scripts/build.sh scripts/bundle.ts scripts/page.ts -newer "$built" -print -quit)" ]; then
  echo 'setup: building'
  sh scripts/build.sh
fi
echo 'setup: ready'

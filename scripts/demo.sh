#!/bin/sh
# stave at work on real input: a Debian base, a C program built on it in two stages, run, changed, rebuilt.
# Everything lands in .demo/ of the checkout. A second run uses what the first one left.
set -eu
cd "$(dirname "$0")/.."
top=$(pwd)

stop() { echo "demo: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || stop "this needs root (a Debian base is made and containers are run): sudo npm run demo"
name=$(. /etc/os-release 2>/dev/null && echo "${ID:-unknown}")
release=$(. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME:-}")
machine=$(uname -m)
case $name/$machine in
  debian/x86_64 | debian/aarch64) ;;
  *) stop "the base comes from the machine's own Debian packages, for amd64 or arm64; this is $name on $machine" ;;
esac

sh scripts/setup.sh
mkdir -p .demo
PATH=$top/bin:$PATH
STAVE_ROOT=$top/.demo/store
export PATH STAVE_ROOT

say() {
  echo
  printf '# %s\n' "$@"
}
# Shows a command as one would type it, runs it, and says how long it took.
try() {
  printf '\n$'
  for word in "$@"; do
    case $word in
      *[!A-Za-z0-9_@%+=:,./-]*) printf " '%s'" "$word" ;;
      *) printf ' %s' "$word" ;;
    esac
  done
  echo
  began=$(date +%s%N)
  "$@" || stop "that failed (exit $?); everything so far is in $top/.demo"
  ms=$((($(date +%s%N) - began) / 1000000))
  [ "$ms" -lt 10 ] || printf '  (%d.%02d s)\n' $((ms / 1000)) $((ms % 1000 / 10))
}

# The machine's sources for its own release; others (of vendors, say) are left out.
sources() {
  suite="($release|stable|oldstable|testing|unstable|sid)"
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
    [ -f "$file" ] || continue
    case $file in
      *.sources) grep -Eq "^Suites:(.*[[:space:]])?$suite([[:space:]]|\$)" "$file" &&
        grep -Eq '^Components:(.*[[:space:]])?main([[:space:]]|$)' "$file" && echo "$file" ;;
      *) grep -Eq "^deb[[:space:]].*[[:space:]]$suite[[:space:]](.*[[:space:]])?main([[:space:]]|\$)" "$file" &&
        echo "$file" ;;
    esac
  done
  true
}

# mmdebstrap with what this machine knows about reaching its mirrors: proxies, keys, certificates.
make_base() {
  files=$(sources)
  [ -n "$files" ] || stop "no sources of Debian $release found in /etc/apt"
  apt-config dump --format '%F "%v";%n' |
    grep -E '^Acquire::(https?::(Proxy|Timeout)|Check-Valid-Until|Check-Date|Retries|ForceIPv4)' |
    grep -v 'Auto-Detect' >.demo/apt.conf || true
  set -- --quiet --variant=apt --aptopt=.demo/apt.conf
  set -- "$@" --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*'
  set -- "$@" --dpkgopt='path-exclude=/usr/share/man/*'
  # shellcheck disable=SC2086
  for key in $(sed -n 's/.*[Ss]igned-[Bb]y[:=] *\(\/[^] ]*\).*/\1/p' $files | sort -u); do
    case $key in */debian-archive-*) continue ;; esac # every Debian has these
    set -- "$@" --customize-hook="[ -e \"\$1$key\" ] || install -D -m 644 '$key' \"\$1$key\""
  done
  # shellcheck disable=SC2086
  if grep -q '^[^#]*https://' $files; then
    set -- "$@" --include=ca-certificates
    set -- "$@" --customize-hook='cat /etc/ssl/certs/ca-certificates.crt >"$1/etc/ssl/certs/ca-certificates.crt"'
  fi
  # shellcheck disable=SC2086
  try mmdebstrap "$@" "$release" .demo/new.tar $files
  mv .demo/new.tar .demo/debian.tar
}

say "stave builds, runs and keeps container images, without a daemon." \
  "All of it lies in $top/.demo: delete that folder and it is gone." \
  "To go on by hand afterwards, type these two lines first:"
echo
echo "  export STAVE_ROOT=$top/.demo/store"
echo "  export PATH=$top/bin:\$PATH"

if [ -f .demo/debian.tar ]; then
  say "1. A base image. Debian $release is here from an earlier run."
else
  say "1. A base image: Debian $release, put together by mmdebstrap from this machine's package sources."
  make_base
fi
if stave image inspect debian >/dev/null 2>&1; then
  echo '# It is in the store already.'
else
  try stave import .demo/debian.tar debian
fi

say "2. A program. The first stage installs a compiler, the second takes only what it made."
echo
cat examples/hello-c/Dockerfile
rm -rf .demo/hello
cp -R examples/hello-c .demo/hello
set -- build --network host
for proxy in http_proxy https_proxy no_proxy; do
  eval "value=\${$proxy:-}"
  [ -z "$value" ] || set -- "$@" --build-arg "$proxy"
done
try stave "$@" -t hello .demo/hello

say "It runs as process 1 of a container of its own."
try stave run --rm --network none hello

say "3. What came out: one layer on top of Debian, and no compiler."
try stave history hello
say "The first stage is still in the cache; a name makes it an image like any other."
try stave "$@" -t hello-sdk --target sdk -q .demo/hello
try stave image ls

say "4. A changed source line. The compiler's step is reused, what depends on the line runs again."
try sed -i 's/Hello from/Good morning from/' .demo/hello/hello.c
try stave "$@" -t hello .demo/hello
try stave run --rm --network none hello

say "5. The same again: nothing has changed, nothing runs."
try stave "$@" -t hello .demo/hello

say "To try next:"
echo
echo "  stave run --rm -it debian bash              # a shell in the base"
echo "  stave save hello -o hello.tar               # an archive that docker, podman and skopeo load"
echo "  stave build --network host -t hello .demo/hello   # after a change of your own in .demo/hello/"

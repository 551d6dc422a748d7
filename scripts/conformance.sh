#!/bin/sh
# Runs the OCI distribution specification's own conformance programme against `stave registry serve`.
# No failure and no skip is allowed, in the profiles 1.1 and dev. Needs root (for Go's folder) and, once, the network.
#
#   scripts/conformance.sh                         registries of our own: in files, with users, tokens and TLS,
#                                                  and in buckets where there are S3 servers (scripts/s3.sh install)
#   scripts/conformance.sh HOST:PORT [USER PASS]   one that runs already, over plain HTTP
#
# STAVE_CONFORMANCE          the folder of the programme (default: stave-conformance in $XDG_CACHE_HOME or ~/.cache)
# STAVE_CONFORMANCE_SOURCES  clones distribution-spec, go-yaml, go-digest and image-spec; cloned from GitHub otherwise
# Nothing of it is part of this project.
set -eu
cd "$(dirname "$0")/.."

folder=${STAVE_CONFORMANCE:-${XDG_CACHE_HOME:-$HOME/.cache}/stave-conformance}
say() { echo "conformance: $*" >&2; }
fail() { say "$*"; exit 1; }

# NAME OWNER REVISION: the files of one repository.
source_of() {
  rm -rf "$folder/src/$1"
  mkdir -p "$folder/src/$1"
  clone=${STAVE_CONFORMANCE_SOURCES:-$folder/clones}/$1
  [ -e "$clone" ] || git clone -q "https://github.com/$2/$1" "$clone" || fail "cannot clone $2/$1"
  git -c safe.directory='*' -C "$clone" archive "$3" | tar x -C "$folder/src/$1"
}

# Debian's testing suite has a Go that is new enough; it lives in the folder alone.
install() {
  [ -x "$folder/conformance" ] && return
  [ "$(id -u)" = 0 ] || fail 'this needs root: a folder with Go is put together'
  mkdir -p "$folder"
  if [ ! -e "$folder/go/.complete" ]; then
    say "making $folder/go (a minute, about 700 MB)"
    rm -rf --one-file-system "$folder/go"
    mmdebstrap --quiet --variant=minbase --aptopt='Acquire::Check-Valid-Until "false"' \
      --include=golang-go,ca-certificates forky "$folder/go"
    touch "$folder/go/.complete"
  fi
  source_of distribution-spec opencontainers HEAD
  source_of go-yaml goccy v1.18.0
  source_of go-digest opencontainers v1.0.0
  source_of image-spec opencontainers v1.1.1
  cat >>"$folder/src/distribution-spec/conformance/go.mod" <<'MOD'
replace github.com/goccy/go-yaml => ../../go-yaml
replace github.com/opencontainers/go-digest => ../../go-digest
replace github.com/opencontainers/image-spec => ../../image-spec
replace github.com/opencontainers/distribution-spec/specs-go => ../specs-go
MOD
  # shellcheck disable=SC2016
  unshare --mount --propagation private sh -eu -c '
    for d in proc dev; do mount --rbind "/$d" "$1/go/$d"; done
    mkdir -p "$1/go/src"; mount --bind "$1/src" "$1/go/src"
    exec chroot "$1/go" sh -eu -c "cd /src/distribution-spec/conformance && HOME=/root CGO_ENABLED=0 \
      GOFLAGS=-mod=mod GOPROXY=off GOTOOLCHAIN=local go build -o /src/conformance ."
  ' build "$folder"
  mv "$folder/src/conformance" "$folder/conformance"
}

# NAME HOST:PORT [USER PASS]: both profiles. Sparse manifests are the one group that both leave out.
judge() {
  for profile in 1.1 dev; do
    results=$folder/results/$1-$profile
    rm -rf "$results"
    mkdir -p "$results"
    (cd "$results" && OCI_RESULTS_DIR=$results OCI_VERSION=$profile OCI_TLS=$tls OCI_REGISTRY=$2 \
      SSL_CERT_FILE=$authority OCI_USERNAME=${3-} OCI_PASSWORD=${4-} "$folder/conformance" >"$results/log" 2>&1) ||
      fail "$1, profile $profile: $results/log"
    if grep -E ': +(Fail|FAIL|Skip|Error)' "$results/log" >&2; then fail "$1, profile $profile: $results/log"; fi
    echo "$1, profile $profile: $(grep -cE ': +Pass' "$results/log") passes, no failure, no skip"
  done
}

# ARGS: starts a registry with them; `address` is where.
serve() {
  rm -f "$work/out"
  bin/stave registry serve --addr 127.0.0.1:0 "$@" >"$work/out" 2>"$work/err" &
  server=$!
  tries=200
  until address=$(sed -n 's|^listening on https*://||p' "$work/out" 2>/dev/null) && [ -n "$address" ]; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || fail "the registry did not start: $(cat "$work/err")"
    sleep 0.1
  done
}

end_of() { [ -z "$1" ] || { kill "$1" 2>/dev/null && wait "$1" || true; }; }

finish() {
  end_of "${server-}"
  end_of "${store-}"
  [ -z "${work-}" ] || rm -rf "$work"
}

# NAME USER PASS ARGS: a registry of our own, with nothing in it.
judge_own() {
  name=$1 user=$2 pass=$3
  shift 3
  rm -rf "$work/registry"
  case " $* " in *' --s3 '*) ;; *) set -- "$@" --data "$work/registry" ;; esac
  serve "$@"
  # shellcheck disable=SC2086
  judge "$name" "$address" $user $pass
  end_of "$server"
  server=''
}

# KIND PORT: a registry in a bucket of an S3 server of that kind.
judge_bucket() {
  endpoint=http://127.0.0.1:$2
  sh scripts/s3.sh "$1" "$work/$1" "$2" >/dev/null 2>&1 &
  store=$!
  tries=300
  until curl -s -o /dev/null "$endpoint"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || fail "$1 did not start"
    sleep 0.1
  done
  bucket=$(sh scripts/in-node.sh --input-type=module -e \
    'console.log((await (await import(process.argv[1])).newBucket(process.argv[2])).bucket)' \
    "$PWD/test/support/s3-house.ts" "$endpoint")
  AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test-secret \
    judge_own "$1" '' '' --s3 "s3://$bucket" --s3-endpoint "$endpoint" --s3-path-style
  end_of "$store"
  store=''
}

install
tls=disabled authority=
if [ $# -gt 0 ]; then
  judge "$(echo "$1" | tr -c 'a-z0-9\n' -)" "$@"
  exit
fi
sh scripts/build.sh >/dev/null
trap finish EXIT
work=$(mktemp -d)
printf s3cret | bin/stave registry htpasswd alice >"$work/users"
judge_own files '' ''
judge_own users alice s3cret --htpasswd "$work/users" --allow 'alice:**:all'
# A token is good for the repositories that it names, and a mount from anywhere names none.
export OCI_API_BLOBS_MOUNT_ANONYMOUS=false
judge_own tokens alice s3cret --htpasswd "$work/users" --tokens --allow 'alice:**:all'
# The programme has a word for passing over certificates, and checks them all the same.
tls=enabled
authority=$work/registry/tls/cert.pem
judge_own tls-tokens alice s3cret --tls-self-signed --htpasswd "$work/users" --tokens
unset OCI_API_BLOBS_MOUNT_ANONYMOUS
judge_own tls '' '' --tls-self-signed
tls=disabled authority=
if sh scripts/s3.sh ready; then
  judge_bucket radosgw "$((20000 + $$ % 10000))"
  judge_bucket moto "$((20000 + ($$ + 1) % 10000))"
else
  say 'no S3 server here: scripts/s3.sh install makes one, as root'
fi

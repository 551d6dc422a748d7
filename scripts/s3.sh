#!/bin/sh
# S3 servers for the tests, from Debian packages, in a folder of their own: Ceph's gateway and moto.
# Nothing of them is installed on the machine, and nothing of stave needs them.
#
#   scripts/s3.sh install           make the folder (under a minute; nothing happens where it is complete)
#   scripts/s3.sh ready             says nothing, and fails where there is no folder or no way to run what is in it
#   scripts/s3.sh radosgw DIR PORT  run Ceph's gateway on 127.0.0.1 with its data in DIR, as user `test`, secret `test-secret`
#   scripts/s3.sh moto DIR PORT     run moto on 127.0.0.1, which keeps nothing
#
# STAVE_S3  the folder (default: stave-s3 in $XDG_CACHE_HOME or ~/.cache)
# DIR is below /tmp, /var/tmp or /dev/shm: inside, those are the machine's own.
set -eu

folder=${STAVE_S3:-${XDG_CACHE_HOME:-$HOME/.cache}/stave-s3}
self=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")

say() { echo "s3: $*" >&2; }
fail() { say "$*"; exit 1; }

# The Debian archive that this machine uses, without its security and third-party ones.
mirror() {
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' \
    2>/dev/null | head -n 1
}

install() {
  [ -e "$folder/.complete" ] && return
  [ "$(id -u)" = 0 ] || fail 'this needs root: a system tree is made'
  command -v mmdebstrap >/dev/null 2>&1 || fail 'mmdebstrap is missing'
  say "making $folder (about a minute, 700 MB)"
  rm -rf --one-file-system "$folder" "$folder.new"
  mkdir -p "$(dirname "$folder")"
  # Gateways of Debian's stable releases cannot do without a cluster. A mirror may carry a Release file past its date.
  # shellcheck disable=SC2046
  mmdebstrap --quiet --variant=minbase --aptopt='Acquire::Check-Valid-Until "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --include=radosgw,python3-moto,python3-flask,python3-flask-cors forky "$folder.new" $(mirror)
  touch "$folder.new/.complete"
  mv "$folder.new" "$folder"
}

ready() { [ -e "$folder/.complete" ] && [ "$(id -u)" = 0 ]; }

# Runs a command in the folder, in a mount namespace that goes with it. It becomes this process.
inside() {
  ready || fail "not installed, or not root: run $self install"
  exec unshare --mount --propagation private sh -eu -c '
    new=$1; shift
    for d in proc sys dev tmp var/tmp; do mount --rbind "/$d" "$new/$d"; done
    exec chroot "$new" "$@"
  ' inside "$folder" "$@"
}

radosgw() {
  dir=$1 port=$2
  mkdir -p "$dir/run" "$dir/log"
  cat >"$dir/ceph.conf" <<EOF
[global]
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
run_dir = $dir/run
[client]
rgw_backend_store = dbstore
rgw_config_store = dbstore
dbstore_db_dir = $dir
dbstore_config_uri = file:$dir/config.db
rgw_data = $dir
log_file = $dir/log/radosgw.log
admin_socket =
EOF
  inside sh -eu -c '
    cd "$1"
    common="--no-mon-config -c $1/ceph.conf -n client.rgw.a"
    radosgw-admin $common user create --uid=test --display-name=test --access-key=test --secret-key=test-secret \
      >"$1/log/user" 2>&1 || cat "$1/log/user" >&2
    exec radosgw -f $common "--rgw-frontends=beast endpoint=127.0.0.1:$2"
  ' radosgw "$dir" "$port"
}

case "${1:-} $#" in
  'install 1') install ;;
  'ready 1') ready ;;
  'radosgw 3') radosgw "$2" "$3" ;;
  'moto 3') inside moto_server -H 127.0.0.1 -p "$3" ;;
  *) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac

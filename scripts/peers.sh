#!/bin/sh
# The tools that stave is measured against and judged by, from Debian packages, in a folder of their own.
# Nothing of them is installed on the machine, and nothing of stave needs them.
#
#   scripts/peers.sh install               make the folder (a minute or two; nothing happens where it is complete)
#   scripts/peers.sh exec COMMAND [ARG..]  run docker, podman, buildah, skopeo, crane, oras, umoci ... of that folder
#   scripts/peers.sh dockerd start         start Docker Engine with BuildKit; prints DOCKER_HOST=...
#   scripts/peers.sh dockerd stop          stop the one that `start` started
#   scripts/peers.sh versions              what the folder holds
#
# STAVE_PEERS        the folder (default: stave-peers in $XDG_CACHE_HOME or ~/.cache)
# STAVE_PEERS_STATE  where dockerd keeps socket, images and log (default: /var/tmp/stave-peers-state)
# STAVE_PEERS_STORE  `containerd` starts dockerd with its containerd image store
# Inside, /tmp, /var/tmp, /dev/shm and the current folder are the machine's own; everything else is the folder's.
set -eu

folder=${STAVE_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/stave-peers}
state=${STAVE_PEERS_STATE:-/var/tmp/stave-peers-state}
self=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")

engines='docker.io docker-cli docker-buildx containerd podman buildah'
tools='skopeo umoci crane oras docker-registry cosign notation'
below='crun runc conmon netavark passt fuse-overlayfs uidmap iproute2 iptables procps ca-certificates git curl busybox-static xz-utils zstd'

say() { echo "peers: $*" >&2; }
fail() { say "$*"; exit 1; }
root_only() { [ "$(id -u)" = 0 ] || fail 'this needs root: mounts and namespaces are made'; }

install() {
  [ -e "$folder/.complete" ] && return
  root_only
  command -v mmdebstrap >/dev/null 2>&1 || fail 'mmdebstrap is missing: run npm run setup first'
  say "making $folder (a minute or two, about 2 GB)"
  rm -rf --one-file-system "$folder"
  mkdir -p "$(dirname "$folder")"
  # Debian's testing suite has the newest packaged release of each. A mirror may carry a Release file past its date.
  # shellcheck disable=SC2086
  mmdebstrap --quiet --variant=minbase --aptopt='Acquire::Check-Valid-Until "false"' \
    --include="$(echo $engines $tools $below | tr ' ' ,)" forky "$folder"
  touch "$folder/.complete"
}

# A mount namespace whose root *is* the folder. A chroot would not do: runtimes enter namespaces, which leaves a chroot.
inside() {
  [ -e "$folder/.complete" ] || fail "not installed: run $self install"
  root_only
  exec unshare --mount --propagation private sh -eu -c '
    new=$1 here=$2; shift 2
    mount --bind "$new" "$new"
    for d in proc sys dev tmp var/tmp; do mount --rbind "/$d" "$new/$d"; done
    mount -t tmpfs -o mode=755 run "$new/run"
    cat /etc/resolv.conf >"$new/run/resolv.conf" 2>/dev/null || true
    [ -L "$new/etc/resolv.conf" ] || ln -sf /run/resolv.conf "$new/etc/resolv.conf"
    case $here/ in
      //|/tmp/*|/var/tmp/*|/dev/shm/*) ;;
      *) mkdir -p "$new$here"; mount --rbind "$here" "$new$here" ;;
    esac
    mkdir -p "$new/mnt"
    cd "$new"
    pivot_root . mnt
    umount -l /mnt
    cd "$here"
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin exec "$@"
  ' inside "$folder" "$(pwd -P)" "$@"
}

answers() { [ -S "$1" ] && DOCKER_HOST=unix://$1 "$self" exec docker version >/dev/null 2>&1; }

dockerd_start() {
  dir=$state/dockerd
  mkdir -p "$dir"
  if answers "$dir/socket"; then echo "DOCKER_HOST=unix://$dir/socket"; return; fi
  case ${STAVE_PEERS_STORE:-classic} in containerd) containerd=true ;; *) containerd=false ;; esac
  echo "{\"features\":{\"containerd-snapshotter\":$containerd}}" >"$dir/daemon.json"
  cd /
  setsid "$self" exec dockerd --config-file "$dir/daemon.json" --data-root "$dir/data" --exec-root "$dir/exec" \
    --pidfile "$dir/dockerd.pid" --host "unix://$dir/socket" \
    --iptables=false --ip6tables=false --bridge=none >"$dir/log" 2>&1 </dev/null &
  echo $! >"$dir/session"
  tries=150
  until answers "$dir/socket"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || fail "dockerd did not start; its log: $dir/log"
    sleep 0.2
  done
  echo "DOCKER_HOST=unix://$dir/socket"
}

# Ends the session that `start` made, and only it.
dockerd_stop() {
  session=$(cat "$state/dockerd/session" 2>/dev/null) || return 0
  rm -f "$state/dockerd/session"
  kill -TERM "-$session" 2>/dev/null || return 0
  tries=75
  while kill -0 "-$session" 2>/dev/null; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || { kill -KILL "-$session" 2>/dev/null || true; return 0; }
    sleep 0.2
  done
}

case "${1:-} ${2:-}" in
  'install '*) install ;;
  'exec '?*) shift; inside "$@" ;;
  'dockerd start') dockerd_start ;;
  'dockerd stop') dockerd_stop ;;
  # shellcheck disable=SC2016,SC2086
  'versions '*) inside dpkg-query -W -f '${Package} ${Version}\n' $engines $tools crun runc ;;
  *) sed -n '2,15s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac

# Sourced once: a registry that stands for Docker Hub, with small images of the usual names.
mkdir -p ~/.config/containers hub
cat >~/.config/containers/registries.conf <<END
[[registry]]
prefix = "docker.io"
location = "docker.io"
[[registry.mirror]]
location = "$1"
insecure = true
END
for busybox in /bin/busybox /usr/bin/busybox; do [ -x "$busybox" ] && break; done
cp "$busybox" hub/busybox
printf '#!/bin/sh\nexec sh "$@"\n' >hub/bash
printf '#!/bin/sh\necho "apt $*"\n[ "$1" != udpate ] || { echo "E: Invalid operation udpate"; exit 100; }\n' >hub/apt-get
printf '#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\ncp /bin/hello-program "$2"\n' >hub/gcc
printf '#!/bin/sh\necho Hello\n' >hub/hello-program
printf '#!/bin/sh\nexit 0\n' >hub/apk
chmod +x hub/*
cat >hub/Dockerfile <<'END'
FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
COPY --chmod=755 apk bash apt-get gcc hello-program /bin/
ENV PATH=/bin
CMD ["sh"]
END
for name in ubuntu alpine debian nginx:1.14.0; do
  stave build --network none -q -t "$1/library/$name" --label "name=$name" hub
  stave push -q "$1/library/$name"
done
stave image prune -a -f

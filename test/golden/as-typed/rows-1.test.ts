import { CONTAINERS, type Row } from './row.ts';
import { walk } from './walk.ts';

/** Building, names, pruning, listing, registries. */
const ROWS: readonly Row[] = [
  {
    row: 1,
    before: "mkdir one && printf 'RUN echo hi\\n' >one/Dockerfile",
    typed: 'cd one; docker build .',
    code: 1,
    err: /Dockerfile:1\n[^]*1 \| >>> RUN echo hi\n[^]*Error: failed to build: failed to solve: no build stage in current context/,
  },
  {
    row: 2,
    before: "printf 'FROM alpine\\nRUN true\\n' >one/Dockerfile",
    typed: 'cd one; docker build --network none -t x .',
    err: /load metadata for docker\.io\/library\/alpine:latest/,
  },
  {
    row: 2,
    typed: 'docker run --rm --network none ubuntu bash -c "echo in bash"',
    out: /^in bash\n$/,
    err: /^Unable to find image 'ubuntu:latest' locally\nlatest: Pulling from library\/ubuntu\n/,
  },
  {
    row: 3,
    typed: 'docker history --format "{{.CreatedBy}}" x; docker ps -a -q | wc -l',
    out: /^RUN \/bin\/sh -c true # buildkit\nCMD \["sh"\]\nENV PATH=\/bin\n[^]*\n0\n$/,
  },
  {
    row: 4,
    typed: "pty 'docker container run --network none -ti debian' 'echo in-$((1+1)); id -u\\nexit\\n'",
    out: /in-2\n0\n[^]*\n\[exit 0\]\n$/,
  },
  { row: 5, later: 'the network of containers' },
  {
    row: 6,
    typed: "pty 'docker container run --network none --rm -ti debian' 'exit 9\\n'; docker ps -a -n 1 --format '{{.Status}}'",
    out: /\[exit 9\]\nExited \(0\) /,
  },
  { row: 7, typed: 'docker container ls -l', out: /^CONTAINER ID .*\n[0-9a-f]{12}   debian .*\n$/ },
  { row: 8, later: CONTAINERS },
  {
    row: 9,
    before: "mkdir nine && echo text >nine/file && printf 'FROM scratch\\nCOPY file /\\n' >nine/Dockerfile",
    typed: 'docker build -q -t nine nine; docker images nine --format {{.Size}}',
    out: /^sha256:[0-9a-f]{64}\n5B\n$/,
  },
  { row: 9, typed: 'docker pull scratch', code: 1, err: /^Error: 'scratch' is a reserved name\n$/ },
  {
    row: 10,
    typed: 'tar c -C nine file | docker import - byhand; docker save byhand | tar t >/dev/null',
    out: /^sha256:[0-9a-f]{64}\n$/,
  },
  {
    row: 11,
    before: "printf 'FROM nine\\nLABEL environment=test\\n' | docker build -q -t labelled - >/dev/null; printf 'FROM nine\\nLABEL environment=prod\\n' | docker build -q -t prod -",
    typed: 'docker image ls --filter label=environment',
    out: /^REPOSITORY .*\nlabelled .*\nprod .*\n$/,
  },
  { row: 12, typed: 'docker image ls --filter label=environment=test', out: /^REPOSITORY .*\nlabelled .*\n$/ },
  {
    row: 13,
    before: 'docker tag labelled other/name:2',
    typed: 'docker rmi labelled; docker images -q other/name | wc -l',
    out: /^Untagged: labelled:latest\n1\n$/,
  },
  {
    row: 14,
    before: 'docker tag other/name:2 third',
    typed: 'docker rmi $(docker images -q third)',
    code: 1,
    err: /^Error: conflict: unable to delete [0-9a-f]{12} \(must be forced\) - image is referenced in multiple repositories\n/,
  },
  {
    row: 14,
    typed: 'docker rmi --force $(docker images -q third)',
    out: /^Untagged: third:latest\nUntagged: other\/name:2\nDeleted: sha256:/,
  },
  { row: 15, typed: 'docker rmi prod && docker image remove nine && docker image rm byhand', out: /Untagged: byhand:latest\n/ },
  {
    row: 16,
    before: "for n in 1 2; do printf \"FROM scratch\\nLABEL stage=b n=$n\\n\" | docker build -q -t again -; done",
    typed: 'echo y | docker image prune',
    out: /^WARNING! This will remove all dangling images\.\nAre you sure you want to continue\? \[y\/N\] Deleted Images:\ndeleted: sha256:[^]*\nTotal reclaimed space: /,
  },
  {
    row: 17,
    before: "printf 'FROM scratch\\nLABEL stage=b n=3\\n' | docker build -q -t again -",
    typed: 'docker image ls -f dangling=true',
    out: /^REPOSITORY .*\n<none> +<none> /,
  },
  { row: 18, typed: 'docker info --format "{{.DockerRootDir}}"', out: /^<data-root>\n$/ },
  { row: 19, later: 'a registry of its own' },
  { row: 20, typed: 'docker pull -q alpine', out: /^docker\.io\/library\/alpine:latest\n$/ },
  {
    row: 21,
    typed: 'docker run --rm --network none ubuntu grep -E "^(CapEff|Seccomp):" /proc/self/status',
    out: /^CapEff:\t00000000a80425fb\nSeccomp:\t2\n$/,
  },
  {
    row: 22,
    before: "mkdir lint && printf 'FROM alpine\\nENV a b\\n' >lint/Dockerfile",
    typed: 'docker build --check lint',
    code: 1,
    out: /LegacyKeyValueFormat/,
  },
  { row: 23, typed: 'docker image prune -f; docker images -q again | wc -l', out: /^Deleted Images:\n[^]*\n1\n$/ },
  {
    row: 24,
    before: "printf 'FROM scratch\\nLABEL stage=b n=4\\n' | docker build -q -t again -; printf 'FROM scratch\\nLABEL stage=c n=5\\n' | docker build -q -t again -",
    typed: 'docker image prune -f --filter label=stage=c; docker image prune -f --filter label=stage=b',
    out: /^Total reclaimed space: 0B\nDeleted Images:\ndeleted: /,
  },
  { row: 25, typed: 'docker image ls', out: /^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE\n/ },
  {
    row: 26,
    typed: 'docker image ls --format "table {{.ID}}\\\\t{{.Repository}}:{{.Tag}}\\\\t{{.CreatedAt}}" alpine',
    out: /^IMAGE ID {7}REPOSITORY:TAG {3}CREATED AT\n[0-9a-f]{12} {3}alpine:latest {4}\d{4}-.* \+0000 UTC\n$/,
  },
  {
    row: 26,
    typed: "docker image ls --format 'table {{.ID}}\\\\t{{.Repository}}:{{.Tag}}' alpine",
    out: /^IMAGE ID {7}REPOSITORY:TAG\n[0-9a-f]{12} {3}alpine:latest\n$/,
  },
  {
    row: 27,
    typed: "docker image ls --format '{{.Repository}}' --filter reference=alp*",
    out: /^alpine\n$/,
  },
  {
    row: 28,
    typed: 'docker rmi -f ubuntu alpine debian >/dev/null; docker image pull nginx:1.14.0; docker pull ubuntu',
    out: /^1\.14\.0: Pulling from library\/nginx\n[^]*\nStatus: Downloaded newer image for nginx:1\.14\.0\ndocker\.io\/library\/nginx:1\.14\.0\nUsing default tag: latest\nlatest: Pulling from library\/ubuntu\n[^]*Digest: sha256:[0-9a-f]{64}\nStatus: /,
  },
  {
    row: 29,
    before: 'docker tag ubuntu 127.0.0.1:5599/team/app:v1',
    typed: 'docker push 127.0.0.1:5599/team/app:v1',
    out: /^The push refers to repository \[127\.0\.0\.1:5599\/team\/app\]\n[^]*\nv1: digest: sha256:[0-9a-f]{64} size: \d+\n$/,
  },
  {
    row: 30,
    typed: 'docker pull mydockerrepo.com/x',
    code: 1,
    err: /^Error: Get "https:\/\/mydockerrepo\.com\/v2\//,
  },
];

walk(ROWS);

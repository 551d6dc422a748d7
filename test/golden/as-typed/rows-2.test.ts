import { CONTAINERS, type Row } from './row.ts';
import { walk } from './walk.ts';

const NO_REGISTRY = /^Error: .*Get "https:\/\/mydockerrepo\.com\/v2\//m;

/** Archives, stages, arguments, history, registries, inspection. */
const ROWS: readonly Row[] = [
  { row: 31, typed: 'docker pull -q ubuntu >/dev/null; docker image save ubuntu | tar tf - | tail -3', out: /^manifest\.json\noci-layout\nrepositories\n$/ },
  { row: 31, typed: "pty 'docker image save ubuntu'", out: /cowardly refusing to save to a terminal\. Use the -o flag or redirect\n[^]*\[exit 1\]/ },
  {
    row: 32,
    before: `mkdir sdk && echo 'int main(void) { return 0; }' >sdk/hello.c && cat >sdk/Dockerfile <<'END'
FROM alpine AS sdk
RUN apk update && \\
apk add --update --no-cache alpine-sdk
RUN mkdir /myapp
WORKDIR /myapp
ADD hello.c /myapp
RUN mkdir bin
RUN gcc -Wall hello.c -o bin/hello

FROM alpine
COPY --from=sdk /myapp/bin/hello /myapp/hello
CMD /myapp/hello
END`,
    typed: 'docker build --network none -t hello sdk && docker run --rm --network none hello',
    out: /^Hello\n$/,
    err: /JSONArgsRecommended/,
  },
  {
    row: 33,
    typed: 'docker image inspect --format "{{len .RootFS.Layers}}" alpine hello; docker images -f dangling=true -q | wc -l',
    out: /^3\n4\n0\n$/,
  },
  {
    row: 34,
    before: "printf 'ARG BASE=ubuntu\\nFROM $BASE\\nARG V=1\\nENV SEEN=$V\\nCMD echo $SEEN\\n' >sdk/args",
    typed: 'docker build --network none -q -t args --build-arg BASE=alpine --build-arg V=7 -f sdk/args sdk && docker run --rm --network none args',
    out: /^sha256:.*\n7\n$/,
  },
  {
    row: 35,
    before: "printf 'FROM alpine\\nARG PASSWORD\\nRUN true\\n' >sdk/password",
    typed: 'docker build --network none -q -t pass --build-arg PASSWORD=hunter2 -f sdk/password sdk >/dev/null; docker history --no-trunc --format "{{.CreatedBy}}" pass',
    out: /^RUN \|1 PASSWORD=hunter2 \/bin\/sh -c true # buildkit\nARG PASSWORD=hunter2\n/,
  },
  {
    row: 36,
    before: "printf 'FROM alpine\\nRUN echo proxy=$http_proxy\\n' >sdk/proxy",
    typed: 'docker build --network none -t proxied --build-arg http_proxy=http://p:1 -f sdk/proxy sdk 2>&1 | grep -c "proxy=http://p:1"; docker history --no-trunc proxied | grep -c p:1',
    code: 1,
    out: /^1\n0\n$/,
  },
  { row: 37, typed: 'docker build --network none -t hello sdk 2>&1 | grep -c CACHED', out: /^[1-9]\d*\n$/ },
  { row: 38, typed: 'docker build --network none --pull -q sdk', out: /^sha256:/ },
  { row: 39, typed: 'docker system df -v | head -3', out: /^Images space usage:\n\nREPOSITORY .* SHARED SIZE +UNIQUE SIZE +CONTAINERS\n/ },
  { row: 40, typed: "pty 'docker run --network none -it ubuntu bash' 'echo in-$((2+2))\\nexit\\n'", out: /in-4\n/ },
  { row: 41, later: CONTAINERS },
  { row: 42, later: CONTAINERS },
  { row: 43, later: CONTAINERS },
  {
    row: 44,
    before: "printf 'FROM ubuntu\\nRUN apt-get udpate\\nRUN apt-get install -y nginx vim\\nRUN mkdir -p /home/config/\\nRUN touch /home/config/db.props\\nEXPOSE 80\\nCMD /usr/sbin/nginx -g \"daemon off;\"\\n' >mydockerfile",
    typed: 'docker build --network none -f mydockerfile -t mine .',
    code: 1,
    err: /E: Invalid operation udpate\n[^]*2 \| >>> RUN apt-get udpate\n[^]*did not complete successfully: exit code: 100\nHint: Did you mean 'apt-get update'\?\n$/,
  },
  {
    row: 45,
    before: 'sed -i s/udpate/update/ mydockerfile',
    typed: 'docker build --network none -f mydockerfile -t mine . && docker image inspect mine --format "{{json .Config.ExposedPorts}} {{json .Config.Cmd}}"',
    out: /^{"80\/tcp":{}} \["\/bin\/sh","-c","\/usr\/sbin\/nginx -g \\"daemon off;\\""\]\n$/,
  },
  { row: 46, before: 'mkdir elsewhere', typed: 'cd elsewhere; docker build --network none -q -f $PWD/../mydockerfile -t newname . && docker images newname --format "{{.Repository}}:{{.Tag}}"', out: /\nnewname:latest\n$/ },
  { row: 47, typed: 'echo s3cret | docker login -u alice --password-stdin 127.0.0.1:5599', out: /^Login Succeeded\n$/ },
  { row: 48, before: 'docker tag hello myapp:v1', typed: 'docker tag myapp:v1 lerndevops/myapp:v1', out: /^$/, err: /^$/ },
  {
    row: 49,
    typed: 'docker push lermdevops/myapp:v1',
    code: 1,
    err: /^Error: An image does not exist locally with the tag: lermdevops\/myapp\nHint: Did you mean 'lerndevops\/myapp:v1'\?\n$/,
  },
  { row: 50, typed: 'echo x | docker login -u me --password-stdin mydockerrepo.com', code: 1, err: NO_REGISTRY },
  {
    row: 51,
    before: 'docker tag hello myapp-mytomcat:v1',
    typed: 'docker tag myapp-mytomcat:v1 mydockerrepo.com/lerndevops/myapp:v1 && docker push mydockerrepo.com/lerndevops/myapp:v1',
    code: 1,
    out: /^The push refers to repository \[mydockerrepo\.com\/lerndevops\/myapp\]\n/,
    err: NO_REGISTRY,
  },
  { row: 52, later: CONTAINERS },
  {
    row: 53,
    typed: 'P=127.0.0.1:5599; docker tag myapp-mytomcat:v1 localhost:${P#*:}/myapp:v1 && docker push localhost:${P#*:}/myapp:v1',
    out: /\nv1: digest: sha256:[0-9a-f]{64} size: \d+\n$/,
  },
  { row: 54, before: 'docker tag ubuntu mycentos:v1', typed: 'docker save -o mycentos.tgz mycentos:v1; stat -c %a mycentos.tgz; tar tf mycentos.tgz | grep -c oci-layout', out: /^600\n1\n$/ },
  { row: 54, typed: "pty 'docker save -o mycentos.tgz mycentos:v1'", out: /Hint: mycentos\.tgz is a plain tar, whatever its name says; --compress packs it\./ },
  { row: 55, before: 'docker rmi mycentos:v1', typed: 'docker load < mycentos.tgz', out: /^Loaded image: mycentos:v1\n$/ },
  { row: 55, typed: 'docker load mycentos.tgz', code: 1, err: /\nHint: Did you mean 'stave load -i mycentos\.tgz'\?\n/ },
  { row: 56, before: "for n in 1 2; do printf \"FROM scratch\\nLABEL n=$n\\n\" | docker build -q -t twice -; done", typed: 'docker images -f dangling=true', out: /^REPOSITORY .*\n(?:<none> +<none> .*\n)+$/ },
  { row: 57, typed: 'echo y | docker image prune --dangling=true', out: /Deleted Images:\ndeleted: sha256:/ },
  { row: 58, before: 'docker pull -q nginx:1.14.0', typed: 'docker image inspect nginx:1.14.0', out: /^\[\n {4}\{\n {8}"Id": "sha256:[^]*"RepoTags": \[\n {12}"nginx:1\.14\.0"\n[^]*\n\]\n$/ },
  { row: 59, typed: 'docker image inspect nginx:1.14.0 --format "{{.Architecture}}"', out: /^(?:amd64|arm64)\n$/ },
  { row: 60, typed: 'docker image inspect nginx:1.14.0 --format "{{.Architecture}} {{.Os}}"', out: /^(?:amd64|arm64) linux\n$/ },
];

walk(ROWS);

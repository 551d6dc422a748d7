import { CONTAINERS, type Row } from './row.ts';
import { walk } from './walk.ts';

/** Efficiency, stages, layers, and the words of a Dockerfile. */
const ROWS: readonly Row[] = [
  {
    row: 61,
    before: `mkdir app && echo text >app/file && docker pull -q ubuntu && printf 'FROM ubuntu\\nCOPY file /one\\nRUN rm /one\\n' | docker build --network none -q -t fat -f - app`,
    typed: 'docker explain fat',
    out: /\b5B wasted\n[^]*deleted later \(1 file\) .* \/one\n/,
  },
  {
    row: 62,
    before: "printf 'FROM ubuntu AS Stage1\\nRUN echo x > /x\\nFROM ubuntu AS stage2\\nCOPY --from=0 /x /zero\\nCOPY --from=stage1 /x /named\\n' >app/stages",
    typed: 'docker build --network none -f app/stages -t stages app && docker run --rm --network none stages cat /zero /named',
    out: /^x\nx\n$/,
    err: /StageNameCasing/,
  },
  {
    row: 63,
    before: "sed 's/--from=0/--from-stage1/' app/stages >app/typo",
    typed: 'docker build --network none -f app/typo app',
    code: 1,
    err: /4 \| >>> COPY --from-stage1 [^]*unknown flag: --from-stage1 \(did you mean --from=stage1\?\)/,
  },
  { row: 64, later: CONTAINERS },
  {
    row: 64,
    before: 'docker build --network none -q --label some=thing app -f app/stages',
    typed: 'docker image ls',
    out: /^REPOSITORY[^]*\n<none> +<none> +[0-9a-f]{12} /,
  },
  {
    row: 65,
    typed: 'docker image tag $(docker images -q -f label=some=thing) ourfiglet; docker images ourfiglet --format "{{.Repository}}:{{.Tag}}"',
    out: /^ourfiglet:latest\n$/,
  },
  { row: 66, typed: 'docker run --rm --network none ourfiglet cat /zero', out: /^x\n$/ },
  {
    row: 67,
    typed: 'docker image build --network none -q -f app/stages app && docker builder build --network none -q -f app/stages app',
    out: /^(sha256:[0-9a-f]{64})\n\1\n$/,
  },
  {
    row: 68,
    typed: 'docker image history $(docker images -q stages)',
    out: /^IMAGE +CREATED +CREATED BY +SIZE +COMMENT\n[0-9a-f]{12} [^\n]*COPY \/x \/named # buildkit/,
  },
  { row: 69, typed: 'docker history --format "{{.CreatedBy}}|{{.Size}}" stages | grep -E "^(ENV|CMD)"', out: /^CMD.*\|0B\nENV.*\|0B\n$/ },
  { row: 70, typed: 'docker fsck', out: /: clean\n$/ },
  { row: 71, later: 'volumes' },
  { row: 72, before: 'docker pull -q alpine', typed: 'docker image inspect alpine', out: /"GraphDriver": \{[^]*"Architecture"|"Architecture"[^]*"GraphDriver": \{/ },
  {
    row: 73,
    typed: 'docker image inspect --format "{{ json .RootFS.Layers }}" alpine',
    out: /^\["sha256:[0-9a-f]{64}"(?:,"sha256:[0-9a-f]{64}")*\]\n$/,
  },
  { row: 74, later: 'volumes' },
  { row: 75, typed: 'docker rmi -f alpine >/dev/null; docker run --rm --network none alpine true', err: /^Unable to find image 'alpine:latest' locally\n/ },
  { row: 76, typed: 'docker ps', out: /^CONTAINER ID {3}IMAGE {5}COMMAND {3}CREATED {3}STATUS {4}PORTS {5}NAMES\n$/ },
  {
    row: 77,
    typed: 'docker run –name web --network none alpine true',
    code: 125,
    err: /^Error: "–name" starts with a dash that is not "-"\nHint: Did you mean --name\?\n/,
  },
  { row: 77, typed: 'docker run --network none --name web alpine true; docker ps -a --format "{{.Names}}" -l', out: /^web\n$/ },
  { row: 77, typed: 'docker run --network none alpine true; docker ps -l --format "{{.Names}}"', out: /^[a-z]+_[a-z]+\n$/ },
  { row: 78, later: CONTAINERS },
  { row: 79, typed: 'docker images', out: /^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE\n/ },
  { row: 79, typed: 'docker images ls', out: /^REPOSITORY[^\n]*\n$/, err: /No images found matching "ls": did you mean "stave image ls"\?/ },
  { row: 80, typed: "pty 'docker run --network none -it --name shell alpine' 'exit\\n' >/dev/null; docker ps -a --filter name=shell --format '{{.Status}}'", out: /^Exited \(0\) / },
  {
    row: 81,
    before: `cat >app/words <<'END'
FROM alpine
LABEL a=b
WORKDIR /work
COPY file copied
ADD file added
RUN cat copied added > both
EXPOSE 80
ENTRYPOINT ["cat"]
CMD ["both"]
END`,
    typed: 'docker build --network none -q -t words -f app/words app >/dev/null && docker run --rm --network none words',
    out: /^text\ntext\n$/,
  },
  {
    row: 82,
    before: "tar czf app/some.tar.gz -C app file && printf 'FROM alpine\\nADD some.tar.gz /in/\\n' >app/add",
    typed: 'docker build --network none -q -t added -f app/add app >/dev/null && docker run --rm --network none added cat /in/file',
    out: /^text\n$/,
  },
  { row: 83, typed: 'docker run --rm --network none words copied; docker run --rm --network none --entrypoint echo words z', out: /^text\nz\n$/ },
  {
    row: 84,
    before: 'echo file >app/.dockerignore',
    typed: 'docker build --network none -f app/words app',
    code: 1,
    err: /"\/file": not found\nHint: \.dockerignore line 1 \(file\) keeps it out of the context\.\n$/,
  },
  { row: 85, before: 'rm app/.dockerignore && cp app/words app/Dockerfile', typed: 'cd app; docker build --network none -t image_name:tag . && docker images -q image_name:tag | wc -l', out: /^1\n$/ },
  { row: 86, typed: 'docker manifest inspect --insecure 127.0.0.1:5599/library/alpine', out: /"schemaVersion": 2/ },
  {
    row: 87,
    typed: 'cd app; echo change >file; docker build --network none . 2>&1 | grep -c CACHED; sed -i 3s,work,job, Dockerfile; docker build --network none . 2>&1 | grep -E "^#[0-9]+ (CACHED|DONE)"',
    out: /^2\n#1 DONE .*\n#2 CACHED\n(?:#\d+ DONE .*\n){4,}$/,
  },
  {
    row: 88,
    typed: 'docker run --network none --name s1 alpine sh -c "echo one >/state"; docker run --network none --name s2 alpine sh -c "cat /state || echo none"',
    out: /^none\n$/,
  },
  { row: 89, before: 'docker tag alpine 127.0.0.1:5599/team/app:v2 && docker push -q 127.0.0.1:5599/team/app:v2', typed: 'docker tags 127.0.0.1:5599/team/app', out: /^v2\n$/ },
];

walk(ROWS);

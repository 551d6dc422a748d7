import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setXattr } from '../../sys/xattr.ts';
import type { BuildInput } from '../build-input.ts';

/** The secret of every leak below. */
export const VALUE = 'npm_s3cr3t/Value+77&x';

/** Text as base64. */
export const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** What of a build is a leak; in the folder that a RUN writes to, or in the Dockerfile. */
export interface Construction {
  readonly write?: (upper: string) => void;
  readonly dockerfile?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly input?: Partial<BuildInput>;
  /** Besides the secret's id, what the message has to say. */
  readonly says: RegExp;
}

const file = (
  name: string,
  content: string | Buffer,
  says = new RegExp(`/${name} `),
): Construction => ({
  write: (upper) => writeFileSync(join(upper, name), content),
  says,
});
const inDirectory = (path: string, content: string): Construction => ({
  write(upper) {
    mkdirSync(join(upper, path, '..'), { recursive: true });
    writeFileSync(join(upper, path), content);
  },
  says: new RegExp(`/${path} has it`),
});

/** What a RUN may leave in its layer. */
export const LEAKS_OF_RUN: Readonly<Record<string, Construction>> = {
  'RUN echo': file('out', `${VALUE}\n`),
  'without a line feed': file('out', VALUE),
  'in the middle of a line': file('out', `a=${VALUE};b`),
  'at the end of a large file': file(
    'out',
    Buffer.concat([Buffer.alloc(3 << 20, 1), Buffer.from(VALUE)]),
  ),
  'across the border of two chunks': file(
    'out',
    Buffer.concat([Buffer.alloc((1 << 20) - 9, 'x'), Buffer.from(VALUE), Buffer.alloc(99, 'y')]),
  ),
  'between NULs': file('out', Buffer.from(`\0\0${VALUE}\0\0`)),
  '.npmrc': inDirectory('root/.npmrc', `//repos.example.test/:_authToken=${VALUE}\n`),
  '.netrc': inDirectory('root/.netrc', `machine h login u password ${VALUE}\n`),
  'git config': inDirectory('src/.git/config', `[remote "o"]\n url = https://x:${VALUE}@h/r.git\n`),
  'git config, encoded': inDirectory(
    'src/.git/config',
    `[remote "o"]\n url = https://x:${encodeURIComponent(VALUE)}@h/r.git\n`,
  ),
  'git extra header': inDirectory(
    'src/.git/config',
    ` extraheader = AUTHORIZATION: basic ${base64(`x:${VALUE}`)}\n`,
  ),
  '.git-credentials': inDirectory(
    'root/.git-credentials',
    `https://u:${encodeURIComponent(VALUE)}@h\n`,
  ),
  'docker config': inDirectory(
    'root/.docker/config.json',
    `{"auths":{"h":{"auth":"${base64(`u:${VALUE}`)}"}}}`,
  ),
  'pip.conf': inDirectory('etc/pip.conf', `index-url = https://u:${VALUE}@h/simple\n`),
  'shell history': inDirectory('root/.bash_history', `curl -H "X: ${VALUE}" h\n`),
  '.env': inDirectory('app/.env', `TOKEN="${VALUE}"\n`),
  'a JSON file': inDirectory('app/c.json', JSON.stringify({ token: VALUE })),
  'a log': inDirectory('var/log/build.log', `GET /?t=${encodeURIComponent(VALUE)} 200\n`),
  base64: file('out', base64(VALUE)),
  'base64 behind one byte': file('out', base64(`:${VALUE}`)),
  'base64 behind two bytes': file('out', base64(`u:${VALUE}`)),
  'base64 in a longer text': file('out', base64(`{"user":"a","token":"${VALUE}","more":true}`)),
  'base64 in lines': file('out', base64(`${'x'.repeat(50)}${VALUE}`).replace(/.{76}/g, '$&\n')),
  'base64 for URLs': file('out', Buffer.from(VALUE).toString('base64url')),
  'URL-encoded': file('out', encodeURIComponent(VALUE)),
  'URL-encoded, small': file(
    'out',
    encodeURIComponent(VALUE).replace(/%../g, (c) => c.toLowerCase()),
  ),
  'as a form': file('out', new URLSearchParams({ t: VALUE }).toString()),
  hex: file('out', Buffer.from(VALUE).toString('hex')),
  'hex, capitals': file('out', Buffer.from(VALUE).toString('hex').toUpperCase()),
  'JSON for HTML': file('out', JSON.stringify(VALUE).replaceAll('&', '\\u0026')),
  'a file name': {
    write: (upper) => writeFileSync(join(upper, encodeURIComponent(VALUE)), ''),
    says: /the name of \/\*\*\* has it/,
  },
  'a directory name': {
    write: (upper) => mkdirSync(join(upper, `d-${encodeURIComponent(VALUE)}`)),
    says: /the name of \/d-\*\*\* has it/,
  },
  'a symbolic link': {
    write: (upper) => symlinkSync(`https://u:${VALUE}@h`, join(upper, 'l')),
    says: /the link target of \/l has it/,
  },
  'an extended attribute': {
    write(upper) {
      writeFileSync(join(upper, 'f'), '');
      setXattr(Buffer.from(join(upper, 'f')), 'user.token', Buffer.from(VALUE));
    },
    says: /the extended attribute of \/f has it/,
  },
  'an attribute of a directory': {
    write(upper) {
      mkdirSync(join(upper, 'd'));
      setXattr(Buffer.from(join(upper, 'd')), 'user.token', Buffer.from(base64(VALUE)));
    },
    says: /the extended attribute of \/d has it as base64/,
  },
  'a file with two names': {
    write(upper) {
      writeFileSync(join(upper, 'a'), VALUE);
      linkSync(join(upper, 'a'), join(upper, 'b'));
    },
    says: /\/a has it/,
  },
};

const LAYER = 'FROM scratch\nCOPY f /dir/f\n';
/** What other instructions and options may bring into an image. */
export const LEAKS_OF_INSTRUCTIONS: Readonly<Record<string, Construction>> = {
  COPY: {
    dockerfile: LAYER,
    files: { f: VALUE },
    says: /\/dir\/f has it, written by COPY \(Dockerfile:2\)/,
  },
  'COPY of a large file': {
    dockerfile: LAYER,
    files: { f: 'x'.repeat(2 << 20) + VALUE },
    says: /\/dir\/f has it/,
  },
  'COPY of base64': {
    dockerfile: LAYER,
    files: { f: base64(`u:${VALUE}`) },
    says: /\/dir\/f has it as base64/,
  },
  'COPY of a tree': {
    dockerfile: 'FROM scratch\nCOPY . /app\n',
    files: { 'a/b/.npmrc': `_authToken=${VALUE}`, c: '' },
    says: /\/app\/a\/b\/\.npmrc has it/,
  },
  'COPY of a name': {
    dockerfile: 'FROM scratch\nCOPY . /app\n',
    files: { [encodeURIComponent(VALUE)]: '' },
    says: /the name of \/app\/\*\*\* has it/,
  },
  'COPY to a name': {
    dockerfile: `FROM scratch\nCOPY f /dir/${encodeURIComponent(VALUE)}\n`,
    files: { f: '' },
    says: /the (name|history)/,
  },
  'COPY --link': {
    dockerfile: 'FROM scratch\nCOPY --link f /f\n',
    files: { f: VALUE },
    says: /\/f has it/,
  },
  'COPY <<EOF': {
    dockerfile: `FROM scratch\nCOPY <<EOF /f\n${VALUE}\nEOF\n`,
    says: /\/f has it|history/,
  },
  'COPY of a stage': {
    dockerfile: 'FROM scratch AS one\nCOPY f /f\nFROM scratch\nCOPY --from=one /f /g\n',
    files: { f: VALUE },
    says: /\/f has it, written by COPY \(Dockerfile:2\)/,
  },
  'COPY of a stage that is not part of the image': {
    dockerfile: 'FROM scratch AS one\nCOPY f h /\nFROM scratch\nCOPY --from=one /h /h\n',
    files: { f: VALUE, h: '' },
    says: /\/f has it/,
  },
  ADD: {
    dockerfile: 'FROM scratch\nADD f /f\n',
    files: { f: VALUE },
    says: /\/f has it, written by ADD/,
  },
  WORKDIR: {
    dockerfile: `FROM scratch\nWORKDIR /${encodeURIComponent(VALUE)}\n`,
    says: /WorkingDir|the name of/,
  },
  ENV: {
    dockerfile: `FROM scratch\nENV A=1 T='${VALUE}'\n`,
    says: /the variable T has it, written by ENV \(Dockerfile:2\)/,
  },
  'ENV in base64': {
    dockerfile: `FROM scratch\nENV T=${base64(VALUE)}\n`,
    says: /the variable T has it as base64/,
  },
  'ENV of a build argument': {
    dockerfile: 'FROM scratch\nARG X\nENV T=$X\n',
    input: { args: new Map([['X', VALUE]]) },
    says: /the variable T has it, written by ENV \(Dockerfile:3\)/,
  },
  LABEL: {
    dockerfile: `FROM scratch\nLABEL a=b t="${VALUE}"\n`,
    says: /the label t has it, written by LABEL/,
  },
  '--label': {
    dockerfile: 'FROM scratch\n',
    input: { labels: { t: VALUE } },
    says: /the label t has it/,
  },
  'the key of a label': {
    dockerfile: `FROM scratch\nLABEL "${VALUE}"=1\n`,
    says: /the label \*\*\* has it/,
  },
  CMD: {
    dockerfile: `FROM scratch\nCMD ["a", "--token=${VALUE}"]\n`,
    says: /the config's Cmd has it, written by CMD/,
  },
  ENTRYPOINT: { dockerfile: `FROM scratch\nENTRYPOINT a ${VALUE}\n`, says: /Entrypoint has it/ },
  HEALTHCHECK: {
    dockerfile: `FROM scratch\nHEALTHCHECK CMD curl h/${encodeURIComponent(VALUE)}\n`,
    says: /Healthcheck has it URL-encoded/,
  },
  ONBUILD: { dockerfile: `FROM scratch\nONBUILD RUN login '${VALUE}'\n`, says: /OnBuild has it/ },
  USER: { dockerfile: `FROM scratch\nUSER ${encodeURIComponent(VALUE)}\n`, says: /User has it/ },
  MAINTAINER: { dockerfile: `FROM scratch\nMAINTAINER me ${VALUE}\n`, says: /has it/ },
  'ARG with a value': {
    dockerfile: `FROM scratch\nARG T='${VALUE}'\n`,
    says: /the history \(ARG\) has it, written by ARG/,
  },
  '--annotation': {
    dockerfile: 'FROM scratch\n',
    input: {
      annotations: [{ place: 'manifest', key: 'a', value: VALUE }],
    },
    says: /what goes with the image/,
  },
};

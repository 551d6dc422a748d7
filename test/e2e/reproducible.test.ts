import assert from 'node:assert/strict';
import { chmodSync, chownSync, cpSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { exec, House, program, skip } from './house.ts';

const FILES = {
  Dockerfile: [
    'FROM base',
    'ARG SOURCE_DATE_EPOCH',
    'WORKDIR /a/b',
    'COPY . src/',
    'COPY --chown=7:8 <<EOF conf/x',
    'level 1',
    'EOF',
    'RUN mkdir -p out && cp src/a.txt out/ && echo "$SOURCE_DATE_EPOCH" > out/date',
    'LABEL made=so',
  ].join('\n'),
  'a.txt': 'a',
  'deep/b.txt': 'b',
};

/** Runs a command line in a shell, in its own host name where that is asked for. */
function inShell(line: string, cwd: string, env: NodeJS.ProcessEnv = {}): void {
  const ran = exec(['/bin/sh', '-c', line], { cwd, env: { ...process.env, ...env } });
  assert.equal(ran.code, 0, ran.stderr);
}

const home = new House();
after(() => home[Symbol.dispose]());
let archive: string | undefined;

/** The base image, made once: every machine has the same. */
function baseArchive(): string {
  if (archive === undefined) {
    home.base();
    archive = join(home.directory, 'base-image.tar');
    home.must(['save', '-o', archive, 'base']);
  }
  return archive;
}

/** The manifest that a build makes: in a store of its own, in a folder of its own. */
function manifest(
  context: string,
  how: {
    readonly flags?: string;
    readonly env?: NodeJS.ProcessEnv;
    readonly umask?: string;
    readonly host?: string;
  },
): string {
  using house = new House();
  house.must(['load', '-q', '-i', baseArchive()]);
  const { flags = '', env = {}, umask = '022', host } = how;
  const out = join(house.directory, 'metadata.json');
  const build = `umask ${umask}; ${program} --root ${house.root} build --network none --metadata-file ${out} ${flags} .`;
  const line = host === undefined ? build : `unshare --uts /bin/sh -c 'hostname ${host}; ${build}'`;
  inShell(line, context, { SOURCE_DATE_EPOCH: undefined, ...env });
  const data = JSON.parse(readFileSync(out, 'utf8')) as { 'containerimage.digest': string };
  return data['containerimage.digest'];
}

/** The same files elsewhere: other owner, other times. */
function elsewhere(house: House, context: string): string {
  const copy = join(house.directory, 'some/where/else');
  cpSync(context, copy, { recursive: true });
  for (const name of ['a.txt', 'deep', 'deep/b.txt']) {
    chownSync(join(copy, name), 1234, 4321);
    utimesSync(join(copy, name), 2_000_000_000, 2_000_000_000);
  }
  return copy;
}

function commit(folder: string, date: string): void {
  const who =
    '-c user.name=a -c user.email=a@b -c commit.gpgsign=false -c core.hooksPath=/dev/null';
  inShell(`git init -q . && git add -A && git ${who} commit -qm x`, folder, {
    GIT_AUTHOR_DATE: '2001-01-01T00:00:00Z',
    GIT_COMMITTER_DATE: date,
    GIT_CONFIG_GLOBAL: '/dev/null',
  });
}

function place(t: TestContext): House {
  const house = new House();
  t.after(() => house[Symbol.dispose]());
  return house;
}

test('with SOURCE_DATE_EPOCH the same inputs give the same manifest anywhere', { skip }, (t) => {
  const house = place(t);
  const context = house.context(FILES);
  const env = { SOURCE_DATE_EPOCH: '1600000000' };
  const first = manifest(context, { env });
  const copy = elsewhere(house, context);
  assert.equal(manifest(copy, { env, umask: '077', host: 'another-machine' }), first);
  const flags = '--build-arg SOURCE_DATE_EPOCH=1600000000';
  assert.equal(manifest(copy, { flags, umask: '002' }), first);
  assert.notEqual(manifest(copy, { env: { SOURCE_DATE_EPOCH: '1600000001' } }), first);
});

test('the Dockerfile itself may say the date', { skip }, (t) => {
  const house = place(t);
  const files = { ...FILES, Dockerfile: `ARG SOURCE_DATE_EPOCH=1600000000\n${FILES.Dockerfile}` };
  const context = house.context(files);
  const first = manifest(context, {});
  assert.equal(manifest(elsewhere(house, context), {}), first);
});

test('--reproducible takes the date of the commit, and runs nothing for it', { skip }, (t) => {
  const house = place(t);
  const context = house.context({ ...FILES, '.dockerignore': '.git\n' });
  commit(context, '2020-02-02T02:02:02Z');
  const first = manifest(context, { flags: '--reproducible' });
  const copy = elsewhere(house, context);
  assert.equal(manifest(copy, { flags: '--reproducible', umask: '077' }), first);
  inShell('git gc -q --aggressive --prune=now && git pack-refs --all', copy);
  assert.equal(manifest(copy, { flags: '--reproducible' }), first, 'from a pack');
  const env = { SOURCE_DATE_EPOCH: String(Date.parse('2020-02-02T02:02:02Z') / 1000) };
  assert.equal(manifest(copy, { env }), first);
  assert.equal(manifest(copy, { env: { SOURCE_DATE_EPOCH: 'context' } }), first);
});

test('--reproducible without git takes the time of the newest file that is read', { skip }, (t) => {
  const house = place(t);
  const context = house.context({ ...FILES, '.dockerignore': 'ignored\n', ignored: 'x' });
  for (const name of Object.keys(FILES)) utimesSync(join(context, name), 1e9, 1e9);
  const first = manifest(context, { flags: '--reproducible' });
  const copy = join(house.directory, 'copy');
  cpSync(context, copy, { recursive: true, preserveTimestamps: true });
  chmodSync(join(copy, 'ignored'), 0o600);
  utimesSync(join(copy, 'ignored'), 1.1e9, 1.1e9);
  utimesSync(join(copy, '.dockerignore'), 1e9, 1e9);
  assert.notEqual(first, '');
  utimesSync(join(context, '.dockerignore'), 1e9, 1e9);
  const settled = manifest(context, { flags: '--reproducible' });
  assert.equal(manifest(copy, { flags: '--reproducible' }), settled);
});

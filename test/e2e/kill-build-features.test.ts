import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { serveGit, withoutGit } from '../support/git-server.ts';
import { serveHttp } from '../support/http-server.ts';
import { exec, House, skip, treeOf } from './house.ts';

/** How many builds of each kind are killed; `npm run soak` asks for more. */
const kills = Math.ceil(Number(process.env['STAVE_KILLS'] ?? 4) / 4);

const SECRET = 'kept-to-itself-9157';
const PARENT = 'stave-kill-test';
const LINES = 'a line of a file\n'.repeat(4000);

const STEPS = `FROM base AS one
COPY files/ /files/
RUN --mount=type=cache,target=/c,sharing=locked --mount=type=secret,id=s,env=S --mount=type=secret,id=s \
  --mount=target=/src --mount=type=tmpfs,target=/t cat /src/files/* | md5sum > /one; test "$S" = "$(cat /run/secrets/s)"; \
  for i in $(seq 40); do cat /files/1 > /c/$i; done; cp /c/1 /t/; sleep 0.1
FROM base AS two
RUN --mount=type=cache,target=/c,id=/c seq 2000 > /two && mkdir -p /d && for i in $(seq 100); do echo $i > /d/$i; done
FROM base
COPY --from=one /one /files/7 /from/
COPY --from=two /two /d /from/
RUN test "$(wc -l < /from/two)" = 2000 && echo whole > /stamp
CMD ["cat", "/stamp"]
`;

/** A kind of build that is killed. */
interface Victim {
  readonly what: string;
  readonly args: readonly string[];
  /** A file for its standard input. */
  readonly input?: string;
  readonly files?: readonly string[];
  readonly directories?: readonly string[];
}

/** Runs to the end without blocking this process, which serves what the build asks for. */
function started(house: House, { args, input }: Victim) {
  const argv = house.command(args).map((one) => `'${one.replaceAll("'", `'\\''`)}'`);
  const script = `exec ${argv.join(' ')} <${input ?? '/dev/null'} 2>${house.directory}/stderr`;
  return spawn('/bin/sh', ['-c', script], { stdio: 'ignore', detached: true });
}

async function must(house: House, victim: Victim): Promise<void> {
  const [code] = (await once(started(house, victim), 'exit')) as [number];
  const said = readFileSync(join(house.directory, 'stderr'), 'utf8');
  assert.equal(code, 0, `${victim.what}: ${said}`);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

function outputsOf({ files = [], directories = [] }: Victim): string[] {
  return [...files, ...directories].filter((path) => existsSync(path));
}

/** What has its final name is whole. */
function assertWhole(victim: Victim, at: string): void {
  for (const path of victim.files ?? []) {
    if (!existsSync(path)) continue;
    const { code, stderr } = exec(['tar', '-tf', path]);
    assert.equal(code, 0, `${at}: ${path}: ${stderr}`);
  }
  for (const path of victim.directories ?? []) {
    if (existsSync(path)) assert.equal(readFileSync(join(path, 'stamp'), 'utf8'), 'whole\n', at);
  }
}

function groups(): string[] {
  return exec(['find', '/sys/fs/cgroup', '-path', `*/${PARENT}/*`, '-type', 'd'])
    .stdout.split('\n')
    .filter((line) => line !== '');
}

async function assertSurvives(house: House, victim: Victim, usual: number): Promise<number> {
  let killed = 0;
  for (let i = 0; i < kills; i++) {
    for (const path of outputsOf(victim)) rmSync(path, { recursive: true });
    const child = started(house, victim);
    const ended = once(child, 'exit');
    await Promise.race([ended, sleep((usual * 1.1 * (i + Math.random())) / kills)]);
    if (child.exitCode === null) killed += 1;
    for (const pid of treeOf(child.pid ?? 0)) kill(pid);
    for (const pid of treeOf(child.pid ?? 0)) kill(pid);
    await ended;
    const at = `${victim.what}: kill ${i + 1} of ${kills}`;
    const check = house.stave(['fsck']);
    assert.equal(check.code, 0, `${at}: fsck: ${check.stdout}${check.stderr}`);
    assert.deepEqual(house.holders(), [], `${at}: processes or mounts are left`);
    assertWhole(victim, at);
    const traces = exec(['grep', '-rl', SECRET, house.root, join(house.directory, 'out')]).stdout;
    assert.equal(traces, '', `${at}: the secret is left`);
    assert.equal(house.must(['run', '--rm', '--network=none', 'untouched']), 'whole\n', at);
    assert.deepEqual(groups(), [], `${at}: control groups are left`);
  }
  return killed;
}

async function victims(t: TestContext, house: House): Promise<Victim[]> {
  const files = Object.fromEntries(
    Array.from({ length: 60 }, (_, at) => [`files/${at}`, `${at}\n${LINES}`]),
  );
  const context = house.context({ ...files, Dockerfile: STEPS });
  const out = house.context({ '.keep': '' });
  const scope = new AsyncDisposableStack();
  t.after(() => scope.disposeAsync());
  const git = scope.use(await serveGit());
  git.commit('repo', { ...files, Dockerfile: STEPS });
  const tar = join(house.directory, 'context.tar');
  exec(['tar', '-cf', tar, '-C', context, '.']);
  const body = readFileSync(tar);
  const http = scope.use(
    await serveHttp((request, response) => {
      // In pieces, so that a kill may fall between them.
      response.writeHead(200, { 'content-length': body.length, etag: `"${request.url}"` });
      response.write(body.subarray(0, body.length / 2));
      setTimeout(() => response.end(body.subarray(body.length / 2)), 50);
    }),
  );
  const secret = join(house.directory, 'secret');
  writeFileSync(secret, SECRET);
  const own = ['build', '-q', '--network=none', '--no-cache', '--secret', `id=s,src=${secret}`];
  const dest = (name: string): string => join(out, name);
  const parent = [`--cgroup-parent=${PARENT}`];
  const platforms = house.context({
    Dockerfile: `FROM scratch AS a\nADD ${http.url}/one.tar /one.tar\nADD --unpack ${http.url}/two.tar /two/\nFROM scratch\nARG TARGETARCH\nCOPY --from=a / /\nCOPY --from=named files /named/$TARGETARCH/\n`,
  });
  return [
    {
      what: 'an archive as context, into a directory',
      args: [...own, ...parent, '-o', `type=local,dest=${dest('local')}`, '-'],
      input: tar,
      directories: [dest('local')],
    },
    {
      what: 'a repository as context, into a layout and a cache',
      args: [
        [...own, '-o', `type=oci,dest=${dest('oci.tar')}`],
        ['--cache-to', `type=local,dest=${dest('cache')},mode=max,mounts=all`],
        `${git.url}/repo.git`,
      ].flat(),
      files: [dest('oci.tar')],
    },
    {
      what: 'URLs for several platforms, into an index and an archive',
      args: [
        [...own, '--platform=linux/amd64,linux/arm64', '-t', 'several'],
        ['--build-context', `named=${http.url}/named.tar`],
        ['-o', 'type=image', '-o', `type=oci,dest=${dest('several.tar')}`, platforms],
      ].flat(),
      files: [dest('several.tar')],
    },
    {
      what: 'a directory as context, into everything',
      args: [
        [...own, ...parent, '-t', 'victim', '--cache-to', `type=local,dest=${dest('all')}`],
        ['-o', 'type=image', '-o', `type=local,dest=${dest('files')}`],
        ['-o', `type=docker,dest=${dest('docker.tar')}`],
        ['-o', `type=tar,dest=${dest('root.tar')}`, context],
      ].flat(),
      files: [dest('docker.tar'), dest('root.tar')],
      directories: [dest('files')],
    },
  ];
}

test(
  `a store survives ${4 * kills} builds of four kinds killed at any moment`,
  { skip: skip || withoutGit, timeout: 300_000 + kills * 60_000 },
  async (t) => {
    using house = new House();
    house.base();
    const all = await victims(t, house);
    let killed = 0;
    for (const victim of all.toReversed()) {
      const began = performance.now();
      await must(house, victim);
      const usual = performance.now() - began;
      if (killed === 0 && victim.what.endsWith('everything'))
        house.must(['tag', 'victim', 'untouched']);
      killed += await assertSurvives(house, victim, usual);
      await must(house, victim);
      for (const path of [...(victim.files ?? []), ...(victim.directories ?? [])]) {
        assert.ok(existsSync(path), path);
      }
      assertWhole(victim, victim.what);
    }
    assert.ok(killed > 0, 'no build was killed before its end');
    assert.equal(house.must(['run', '--rm', '--network=none', 'victim']), 'whole\n');
    for (const one of readdirSync('/sys/fs/cgroup')) {
      const group = join('/sys/fs/cgroup', one, PARENT);
      if (existsSync(group)) rmdirSync(group);
    }
    assert.deepEqual(house.litter(), []);
  },
);

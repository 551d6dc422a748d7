import assert from 'node:assert/strict';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { runCli, type CliResult } from '../../src/cli/testing/run-cli.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/open-engine.ts';
import { layerTree } from '../layer-tree.ts';
import { needsRoot } from '../scratch-images.ts';

/** What an archive may point at: none of it may be touched. */
export interface Spot {
  /** A directory outside of the store, with files in it. */
  readonly canary: string;
  /** A server that nobody may ask. */
  readonly url: string;
}

/** What came of an archive that was taken. */
export interface Taken {
  readonly engine: Engine;
  readonly root: string;
  readonly ran: CliResult;
  /** IDs of the images that there are now. */
  readonly ids: readonly string[];
  /** Runs a command on the same store, with terminals on all sides. */
  readonly shown: (...args: readonly string[]) => Promise<string>;
  /** What is in the layers of the only image, one line per entry, bottom first. See `layerTree`. */
  readonly layers: () => Promise<readonly (readonly string[])[]>;
  /** The names in the layers of the only image, bottom first. */
  readonly names: () => Promise<readonly (readonly string[])[]>;
}

/** An archive, and what is to come of it: `refused` is what is said, `accepted` looks at the result. */
export interface HostileCase {
  readonly what: string;
  readonly archive?: (spot: Spot) => Buffer;
  /** Fills a directory, instead. */
  readonly directory?: (path: string, spot: Spot) => void;
  readonly refused?: RegExp;
  readonly accepted?: (taken: Taken, spot: Spot) => void | Promise<void>;
  /** Instead of `load -i FILE`: a command line, in which FILE stands for the archive. */
  readonly command?: readonly string[];
}

/** The tests themselves hold the archives; what is allocated because somebody says so is larger. KiB. */
const MEMORY_LIMIT = 1024 * 1024;
/** Nothing here is a matter of seconds; this only ends what would never end. */
const PATIENCE = 20_000;

/** What a terminal would obey, but for line ends and tabs. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;

/** The files of a new store. */
const EMPTY =
  'FORMAT blobs blobs/sha256 cache-mounts containers ingest layers leases tmp trash'.split(' ');

/** Declares a test for each case. Names of cases are unique, so that a report points at one. */
export function hostileCases(group: string, cases: readonly HostileCase[]): void {
  assert.equal(new Set(cases.map(({ what }) => what)).size, cases.length, 'a name twice');
  let asked = 0;
  const server = createServer((socket) => {
    asked += 1;
    socket.destroy();
  });
  const directory = mkdtempSync(join(tmpdir(), 'stave-hostile-'));
  // Nothing is left by any of them, so one store does for all; after a failure there is another.
  let stores = 0;
  let open: { readonly engine: Engine; readonly root: string } | undefined;
  before(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)));
  after(async () => {
    server.close();
    await open?.engine[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });
  for (const one of cases) {
    const outcome = one.refused ? 'refused' : 'taken';
    const skip = needsRoot;
    test(`${group}: ${one.what} is ${outcome}`, { skip, timeout: PATIENCE }, async () => {
      const { port } = server.address() as AddressInfo;
      const root = join(directory, `store-${stores}`);
      open ??= { engine: await openEngine({ root }), root };
      const { engine } = open;
      open = undefined;
      stores += 1;
      await tried(one, `http://127.0.0.1:${port}/x`, engine, root);
      assert.equal(asked, 0, 'nothing is asked of the network');
      stores -= 1;
      open = { engine, root };
    });
  }
  test(`${group}: memory stays flat`, { skip: needsRoot }, () => {
    const { maxRSS } = process.resourceUsage();
    assert.ok(maxRSS < MEMORY_LIMIT, `${maxRSS} KiB`);
  });
}

async function tried(one: HostileCase, url: string, engine: Engine, root: string): Promise<void> {
  const directory = mkdtempSync(join(dirname(root), 'case-'));
  try {
    const canary = makeCanary(directory);
    const file = join(directory, 'archive');
    if (one.archive) writeFileSync(file, one.archive({ canary, url }));
    else mkdirSync(file);
    one.directory?.(file, { canary, url });
    const outside = treeOf(canary);
    const words = (one.command ?? ['load', '-i', 'FILE']).map((word) =>
      word.replace(/^FILE(?=$|\/)/, file),
    );
    const ran = await runCli(words, { engine, cwd: directory });
    if (one.refused) refusedAs(one.refused, ran);
    else assert.equal(ran.code, 0, ran.stderr);
    if (!one.refused) await looksRight(one, { canary, url }, await taken(engine, root, ran));
    assert.deepEqual(await engine.images.list({ all: true }), []);
    assert.deepEqual(filesOf(root), EMPTY, 'nothing is left');
    assert.deepEqual(treeOf(canary), outside, 'nothing outside is touched');
    assert.deepEqual(readdirSync(directory).sort(), ['archive', 'canary']);
    // What was typed may be refused when the archive is open already, and nobody has read of it.
    const mayBeOpen = one.command !== undefined && one.refused !== undefined;
    const left = descriptors(dirname(root), mayBeOpen ? '/archive' : undefined);
    assert.deepEqual(left, [], 'no file is left open');
    assert.deepEqual(children(), [], 'no process is left');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function refusedAs(expected: RegExp, { code, stdout, stderr }: CliResult): void {
  assert.match(stderr, /^Error: [^\n]+\n(?:Hint: [^\n]+\n)?$/);
  assert.match(stderr, expected);
  assert.doesNotMatch(stderr, CONTROL);
  assert.ok(stderr.length < 600, stderr);
  assert.equal(code, 1);
  assert.equal(stdout, '');
}

/** The store is sound, every command shows the image, and all of it can be removed again. */
async function looksRight(one: HostileCase, spot: Spot, found: Taken): Promise<void> {
  const { ids, engine } = found;
  assert.ok(ids.length > 0, 'an image came');
  await found.shown('images', '-a', '--digests', '--no-trunc');
  for (const id of ids) {
    await found.shown('history', '--no-trunc', id);
    await found.shown('inspect', id);
  }
  await found.shown('system', 'df', '-v');
  await one.accepted?.(found, spot);
  assert.deepEqual((await engine.system.check()).problems, []);
  await found.shown('rmi', '-f', ...ids);
}

async function taken(engine: Engine, root: string, ran: CliResult): Promise<Taken> {
  const ids = (await engine.images.list({ all: true })).map(({ id }) => id);
  const shown = async (...args: readonly string[]): Promise<string> => {
    const said = await runCli(args, { engine, terminals: ['stdout', 'stderr'] });
    assert.equal(said.code, 0, `${args.join(' ')}: ${said.stderr}`);
    assert.doesNotMatch(said.stdout, CONTROL);
    return said.stdout;
  };
  const layers = async (): Promise<readonly (readonly string[])[]> => {
    assert.equal(ids.length, 1);
    const details = await engine.images.inspect(ids[0] ?? '');
    return details.layers.map((id) => layerTree(`${root}/layers/${id.slice('sha256:'.length)}/fs`));
  };
  const names = async (): Promise<readonly (readonly string[])[]> =>
    (await layers()).map((lines) =>
      lines.map((line) => (line.endsWith(' whiteout') ? line : (line.split(' ')[0] ?? ''))),
    );
  return { engine, root, ran, ids, shown, layers, names };
}

/** What links of attacks point to: files of all sorts, and times that a touch would change. */
function makeCanary(directory: string): string {
  const canary = join(directory, 'canary');
  mkdirSync(join(canary, 'sub'), { recursive: true });
  writeFileSync(join(canary, 'file'), 'canary', { mode: 0o600 });
  writeFileSync(join(canary, 'sub/file'), 'canary', { mode: 0o640 });
  symlinkSync('file', join(canary, 'link'));
  return canary;
}

/** All of a tree with its times, its root too. */
function treeOf(directory: string): readonly string[] {
  const { mtimeNs, ctimeNs, mode } = lstatSync(directory, { bigint: true });
  return [`${mtimeNs} ${ctimeNs} ${mode}`, ...layerTree(directory)];
}

/** The files of a store, without those of the database and what it makes for itself. */
function filesOf(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => !/^(?:store\.db.*|leases\/\.boot|ballast|blobs\/sha512)$/.test(name))
    .sort();
}

/** What is open that belongs to the test. */
function descriptors(within: string, but?: string): readonly string[] {
  return readdirSync('/proc/self/fd')
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return '';
      }
    })
    .filter((path) => path.startsWith(within) && !/\/store\.db[^/]*$/.test(path))
    .filter((path) => but === undefined || !path.includes(but));
}

function children(): readonly string[] {
  return readFileSync('/proc/thread-self/children', 'utf8').split(' ').filter(Boolean);
}

import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { DiffId } from '../../oci/digest.ts';
import type { PackageList } from '../../sbom/package.ts';
import { overlaySnapshotter } from '../../snapshot/overlay.ts';
import { makeNode } from '../../sys/node.ts';
import { bench, root } from '../testing/bench.ts';
import { packagesOfLayers } from './layer-packages.ts';

const STATUS = 'var/lib/dpkg/status';
const record = (name: string): string => `Package: ${name}\nVersion: 1\n\n`;

type Step = (put: (path: string, text: string) => void, upper: string) => void;

/** The packages of an image with a layer for each step, and what was warned of. */
async function listed(
  t: TestContext,
  ...steps: readonly Step[]
): Promise<{ names: string[]; list: PackageList; warnings: string[] }> {
  const { build, store } = bench(t);
  let next = 0;
  const dockerfile = ['FROM scratch', ...steps.map((_, at) => `RUN ${at}`)].join('\n');
  const { config } = await build(dockerfile, {}, async (_store, upper) => {
    const put = (path: string, text: string): void => {
      mkdirSync(dirname(`${upper}/${path}`), { recursive: true });
      writeFileSync(`${upper}/${path}`, text);
    };
    steps[next++]?.(put, upper);
  });
  const warnings: string[] = [];
  const list = await packagesOfLayers(
    overlaySnapshotter(store),
    config.rootfs.diff_ids as DiffId[],
    { progress: (event) => void (event.type === 'warning' && warnings.push(event.message)) },
  );
  return { names: list.packages.map(({ name }) => name), list, warnings };
}

test('the list of the topmost layer counts, and what layers remove is gone', root, async (t) => {
  const module = (name: string): string => JSON.stringify({ name, version: '1' });
  const { names } = await listed(
    t,
    (put) => {
      put(STATUS, record('old'));
      put('app/node_modules/a/package.json', module('a'));
      put('app/node_modules/b/package.json', module('b'));
    },
    (put, upper) => {
      put(STATUS, record('new'));
      mkdirSync(`${upper}/app/node_modules`, { recursive: true });
      makeNode(`${upper}/app/node_modules/a`, 'char', 0, 0, 0);
    },
  );
  assert.deepEqual(names, ['new', 'b']);
});

test('links are followed inside the image and never out of it', root, async (t) => {
  const { names, list } = await listed(t, (put, upper) => {
    put('real/status', record('inside'));
    mkdirSync(`${upper}/var/lib/dpkg`, { recursive: true });
    symlinkSync('/../../../../real/status', `${upper}/${STATUS}`);
    mkdirSync(`${upper}/etc`);
    // What is there on the machine, and not in the image.
    symlinkSync('/proc/self/root/etc/os-release', `${upper}/etc/os-release`);
    mkdirSync(`${upper}/node_modules/x`, { recursive: true });
    symlinkSync('/etc/passwd', `${upper}/node_modules/x/package.json`);
  });
  assert.deepEqual(names, ['inside']);
  assert.equal(list.distro, undefined);
  assert.deepEqual(list.notRead, []);
});

test('links that lead in a circle, pipes and directories are no lists', root, async (t) => {
  const { names, warnings } = await listed(t, (put, upper) => {
    mkdirSync(`${upper}/var/lib/dpkg/status.d/x`, { recursive: true });
    symlinkSync('status', `${upper}/${STATUS}`);
    mkdirSync(`${upper}/lib/apk/db/installed`, { recursive: true });
    makeNode(`${upper}/var/lib/dpkg/status.d/pipe`, 'fifo', 0o644, 0, 0);
    put('var/lib/dpkg/status.d/good', record('good'));
  });
  assert.deepEqual(names, ['good']);
  assert.deepEqual(warnings, []);
});

test('what cannot be read is warned of, and the rest is listed', root, async (t) => {
  const { names, warnings } = await listed(t, (put) => {
    put('var/lib/rpm/Packages', 'x');
    put(STATUS, record('a'));
  });
  assert.deepEqual(names, ['a']);
  assert.deepEqual(warnings, [
    'not all packages are listed: /var/lib/rpm/Packages: an rpm database in the Berkeley DB format, which is not read',
  ]);
});

test('names that are no text are read like others', root, async (t) => {
  const { names, list } = await listed(t, (_put, upper) => {
    const folder = Buffer.concat([Buffer.from(`${upper}/node_modules/`), Buffer.of(0xff)]);
    mkdirSync(`${upper}/node_modules`);
    mkdirSync(folder);
    const file = Buffer.concat([folder, Buffer.from('/package.json')]);
    writeFileSync(file, JSON.stringify({ name: 'odd', version: '1' }));
  });
  assert.deepEqual(names, ['odd']);
  assert.equal(list.packages[0]?.foundIn, '/node_modules/\ufffd/package.json');
});

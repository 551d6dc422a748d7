import assert from 'node:assert/strict';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { DiffId } from '../../oci/digest.ts';
import { overlaySnapshotter } from '../../snapshot/overlay.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import { openStore } from '../../store/open-store.ts';
import { setXattr } from '../../sys/xattr.ts';
import { contextSource } from '../copy/context-source.ts';
import type { Source } from '../copy/tree.ts';
import type { CopyOp } from '../graph.ts';
import { runCopy, runMkdir, type OpParts } from './copy.ts';

const root = process.getuid?.() === 0 ? {} : { skip: 'layers keep owners, which needs root' };
const ALL = { ignored: () => false, mayContainIncluded: () => true };

interface Bench {
  readonly context: string;
  readonly source: Source;
  readonly snapshotter: Snapshotter;
  readonly parts: OpParts;
  readonly copy: (op: Partial<CopyOp>, below?: readonly DiffId[]) => Promise<DiffId>;
  /** Path of a layer's entry on disk. */
  readonly at: (layer: DiffId, path: string) => string;
}

function bench(t: TestContext): Bench {
  const directory = mkdtempSync(join(tmpdir(), 'copy-test-'));
  const context = join(directory, 'context');
  mkdirSync(context);
  const store = openStore(join(directory, 'store'));
  const snapshotter = overlaySnapshotter(store);
  const lease = store.lease('test');
  const source = contextSource(context, ALL, store, {});
  t.after(() => {
    source[Symbol.dispose]();
    lease[Symbol.dispose]();
    store[Symbol.dispose]();
    rmSync(directory, { recursive: true, force: true });
  });
  const parts: OpParts = {
    snapshotter,
    lease: () => lease,
    now: () => 1_000_000_000n,
    clamp: undefined,
    remotes: { selected: () => assert.fail('nothing is fetched here') },
  };
  return {
    context,
    source,
    snapshotter,
    parts,
    copy: (op, below = []) =>
      runCopy(
        {
          kind: 'copy',
          add: false,
          from: 'context',
          paths: ['.'],
          texts: [],
          target: '/',
          link: false,
          exclude: [],
          ...op,
        },
        source,
        below,
        parts,
        {},
      ),
    at: (layer, path) => join(store.paths.layerFs(layer), path),
  };
}

test('runCopy() gives a layer whose tar can be written again byte for byte', root, async (t) => {
  const { context, snapshotter, copy } = bench(t);
  mkdirSync(join(context, 'd/sub'), { recursive: true });
  writeFileSync(join(context, 'd/sub/file'), 'x'.repeat(100_000));
  writeFileSync(join(context, 'd/empty'), '');
  linkSync(join(context, 'd/empty'), join(context, 'd/zlink'));
  symlinkSync('/absolute/../target', join(context, 'd/link'));
  writeFileSync(join(context, 'd/tool'), '#!/bin/sh\n');
  chmodSync(join(context, 'd/tool'), 0o4755);
  utimesSync(join(context, 'd/tool'), 1_577_934_245, 1_577_934_245.999_999);
  setXattr(join(context, 'd/tool'), 'user.note', Buffer.from([0, 255, 1]));
  writeFileSync(join(context, 'd', 'a'.repeat(200)), 'long');

  const layer = await copy({ paths: ['d'], target: '/deep/er/' });

  assert.equal(await snapshotter.verify(layer), undefined);
});

test(
  'runCopy() makes the tar in one order whatever the order of the directory',
  root,
  async (t) => {
    const names = ['b', 'a', 'a.b', 'a-b', 'B', 'a/x'];
    const layers: DiffId[] = [];
    for (const order of [names, [...names].reverse()]) {
      const { context, copy } = bench(t);
      for (const name of order) {
        const path = join(context, name === 'a' ? 'a/y' : name);
        mkdirSync(join(path, '..'), { recursive: true });
        writeFileSync(path, name);
        utimesSync(path, 1, 1);
      }
      utimesSync(join(context, 'a'), 1, 1);
      layers.push(await copy({}));
    }
    assert.equal(layers[0], layers[1]);
  },
);

test('runCopy() keeps mode and time, and gives everything to root', root, async (t) => {
  const { context, copy, at } = bench(t);
  writeFileSync(join(context, 'f'), 'f');
  chmodSync(join(context, 'f'), 0o2750);
  utimesSync(join(context, 'f'), 1_577_934_245, 1_577_934_245);

  const layer = await copy({ paths: ['f'], target: '/f' });

  const stat = lstatSync(at(layer, 'f'));
  assert.equal(stat.mode & 0o7777, 0o2750);
  assert.equal(stat.uid, 0);
  assert.equal(stat.mtimeMs, 1_577_934_245_000);
});

test('runCopy() follows a link in the destination path, inside the image only', root, async (t) => {
  const { context, copy, at } = bench(t);
  mkdirSync(join(context, 'base/real'), { recursive: true });
  symlinkSync('/real', join(context, 'base/link'));
  symlinkSync('../../../../real', join(context, 'base/up'));
  writeFileSync(join(context, 'f'), 'f');
  const base = await copy({ paths: ['base'], target: '/' });

  assert.equal(
    readFileSync(at(await copy({ paths: ['f'], target: '/link/' }, [base]), 'real/f'), 'utf8'),
    'f',
  );
  assert.equal(
    readFileSync(at(await copy({ paths: ['f'], target: '/up/g' }, [base]), 'real/g'), 'utf8'),
    'f',
  );
});

test('runCopy() writes to what a link at the end of the destination leads to', root, async (t) => {
  const { context, copy, at } = bench(t);
  mkdirSync(join(context, 'base/d'), { recursive: true });
  writeFileSync(join(context, 'base/old'), 'old');
  symlinkSync('../old', join(context, 'base/d/link'));
  symlinkSync('/nowhere/yet', join(context, 'base/dangling'));
  symlinkSync('loop', join(context, 'base/loop'));
  writeFileSync(join(context, 'f'), 'f');
  const base = await copy({ paths: ['base'], target: '/' });
  const written = async (target: string, path: string): Promise<string> =>
    readFileSync(at(await copy({ paths: ['f'], target }, [base]), path), 'utf8');

  assert.equal(await written('/d/link', 'old'), 'f');
  assert.equal(await written('/dangling', 'nowhere/yet'), 'f');
  await assert.rejects(copy({ paths: ['f'], target: '/loop' }, [base]), /too many links/);
});

test(
  'runCopy() gives the destination the time of the directory whose contents it takes',
  root,
  async (t) => {
    const { context, copy, at } = bench(t);
    mkdirSync(join(context, 'd'));
    writeFileSync(join(context, 'd/f'), 'f');
    utimesSync(join(context, 'd'), 1_577_934_245, 1_577_934_245);

    const seconds = (layer: DiffId, path: string): number =>
      lstatSync(at(layer, path)).mtimeMs / 1000;
    assert.equal(seconds(await copy({ paths: ['d'], target: '/new' }), 'new'), 1_577_934_245);
    assert.equal(seconds(await copy({ paths: ['.'], target: '/whole' }), 'whole'), 1);
  },
);

test('runCopy() puts a file into a destination that is a directory', root, async (t) => {
  const { context, copy, at } = bench(t);
  mkdirSync(join(context, 'base/d'), { recursive: true });
  writeFileSync(join(context, 'f'), 'f');
  const base = await copy({ paths: ['base'], target: '/' });
  assert.equal(
    readFileSync(at(await copy({ paths: ['f'], target: '/d' }, [base]), 'd/f'), 'utf8'),
    'f',
  );
});

test('runCopy() repeats existing parents with their own metadata', root, async (t) => {
  const { context, copy, at } = bench(t);
  mkdirSync(join(context, 'base/d'), { recursive: true });
  chmodSync(join(context, 'base/d'), 0o711);
  writeFileSync(join(context, 'f'), 'f');
  const base = await copy({ paths: ['base'], target: '/' });
  const layer = await copy({ paths: ['f'], target: '/d/', chmod: '600', chown: '7:8' }, [base]);
  assert.equal(lstatSync(at(layer, 'd')).mode & 0o7777, 0o711);
  assert.equal(lstatSync(at(layer, 'd/f')).mode & 0o7777, 0o600);
  assert.equal(lstatSync(at(layer, 'd/f')).gid, 8);
});

test(
  'runCopy() refuses to replace a directory by a file and the other way round',
  root,
  async (t) => {
    const { context, copy } = bench(t);
    mkdirSync(join(context, 'base/d/f'), { recursive: true });
    mkdirSync(join(context, 'more/file'), { recursive: true });
    writeFileSync(join(context, 'base/file'), 'x');
    writeFileSync(join(context, 'f'), 'f');
    const base = await copy({ paths: ['base'], target: '/' });
    await assert.rejects(
      copy({ paths: ['f'], target: '/d/' }, [base]),
      /cannot overwrite the directory \/d\/f/,
    );
    await assert.rejects(copy({ paths: ['more'], target: '/' }, [base]), /is in the way/);
  },
);

test('runCopy() names a source that is not there', root, async (t) => {
  const { copy } = bench(t);
  await assert.rejects(
    copy({ paths: ['../../etc/nope'], target: '/' }),
    /"\/etc\/nope": not found/,
  );
});

test('runCopy() resolves a link of the context inside the context', root, async (t) => {
  const { context, copy, at } = bench(t);
  writeFileSync(join(context, 'inside'), 'mine');
  symlinkSync('../../../../../../inside', join(context, 'out'));
  symlinkSync('/etc/passwd', join(context, 'passwd'));
  const layer = await copy({ paths: ['out'], target: '/o' });
  assert.equal(readFileSync(at(layer, 'o'), 'utf8'), 'mine');
  await assert.rejects(copy({ paths: ['passwd'], target: '/p' }), /not found/);
});

test('runCopy() takes a pattern that matches nothing for an empty layer', root, async (t) => {
  const { copy, snapshotter } = bench(t);
  assert.deepEqual([...snapshotter.files(await copy({ paths: ['*.nope'], target: '/' }))], []);
});

test(
  'runCopy() refuses a pattern below what is no directory, and a match that leads nowhere',
  root,
  async (t) => {
    const { context, copy } = bench(t);
    symlinkSync('nowhere', join(context, 'dangling'));
    writeFileSync(join(context, 'file'), '');
    await assert.rejects(copy({ paths: ['none/*.txt'], target: '/' }), /"\/none": not found/);
    await assert.rejects(copy({ paths: ['file/*.txt'], target: '/' }), /"\/file": not found/);
    await assert.rejects(copy({ paths: ['dang*'], target: '/' }), /"\/dangling": not found/);
  },
);

test('runCopy() matches no `--exclude` that begins with a slash', root, async (t) => {
  const { context, copy, at } = bench(t);
  mkdirSync(join(context, 'd'));
  writeFileSync(join(context, 'd/kept'), '1');
  const layer = await copy({ paths: ['d'], target: '/o', exclude: ['/kept'] });
  assert.equal(readFileSync(at(layer, 'o/kept'), 'utf8'), '1');
});

test('runCopy() refuses a name that would remove a file of the layers below', root, async (t) => {
  const { context, copy } = bench(t);
  mkdirSync(join(context, 'd'));
  writeFileSync(join(context, 'd/.wh.passwd'), '');
  await assert.rejects(copy({ paths: ['d'], target: '/etc' }), /mark removed files/);
});

test(
  'runMkdir() makes all parents for the user, and nothing where there is a directory',
  root,
  async (t) => {
    const { parts, snapshotter, at } = bench(t);
    const first = await runMkdir({ kind: 'mkdir', path: '/a/b', user: '5:6' }, [], parts, {});
    assert.equal(lstatSync(at(first, 'a')).uid, 5);
    assert.equal(lstatSync(at(first, 'a/b')).gid, 6);
    const second = await runMkdir({ kind: 'mkdir', path: '/a/b', user: '' }, [first], parts, {});
    assert.deepEqual([...snapshotter.files(second)], []);
  },
);

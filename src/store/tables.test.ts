import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scratchStore } from '../../test/scratch-store.ts';
import { MediaType } from '../oci/media-types.ts';
import { chainOn, digestOf, type DiffId } from '../oci/digest.ts';
import { bootId } from '../sys/boot.ts';
import type { ContainerRow, ImageRow, LayerRow } from './tables.ts';

const diff = (text: string): DiffId => digestOf(text) as string as DiffId;

function image(text: string, more: Partial<ImageRow> = {}): ImageRow {
  return {
    id: digestOf(text),
    manifest: { mediaType: MediaType.ociManifest, digest: digestOf(`${text} manifest`), size: 7 },
    platform: { os: 'linux', architecture: 'amd64' },
    storedAt: 1000,
    size: 5,
    labels: {},
    ...more,
  };
}

function layer(text: string, more: Partial<LayerRow> = {}): LayerRow {
  return {
    diffId: diff(text),
    size: 1024,
    contentSize: 3,
    entries: 1,
    writer: 1,
    synced: true,
    bootId: bootId(),
    createdAt: 1,
    ...more,
  };
}

test('images.put() keeps everything of an image', () => {
  using scratch = scratchStore();
  const row = image('a', {
    chain: chainOn(undefined, diff('l')),
    createdAt: 2 ** 41,
    parent: digestOf('p'),
    taggedAt: 3,
  });
  scratch.store.write(({ images }) => images.put(row));
  const read = scratch.store.read(({ images }) => images.get(row.id));
  assert.deepEqual({ ...read, labels: {} }, row);
});

test('images.put() keeps the time at which an image first came', () => {
  using scratch = scratchStore();
  scratch.store.write(({ images }) => {
    images.put(image('a', { storedAt: 1, taggedAt: 2 }));
    images.put(image('a', { storedAt: 5, size: 9 }));
  });
  const row = scratch.store.read(({ images }) => images.get(digestOf('a')));
  assert.deepEqual([row?.storedAt, row?.taggedAt, row?.size], [1, 2, 9]);
});

test('images.get() does not find a label under the name of a method', () => {
  using scratch = scratchStore();
  scratch.store.write(({ images }) => images.put(image('a', { labels: { x: 'y' } })));
  const labels = scratch.store.read(({ images }) => images.get(digestOf('a')))?.labels;
  assert.deepEqual([labels?.['x'], labels?.['toString']], ['y', undefined]);
});

test('images.byPrefix() finds IDs by their first digits, up to a limit', () => {
  using scratch = scratchStore();
  const rows = Array.from({ length: 40 }, (_, at) => image(String(at)));
  scratch.store.write(({ images }) => rows.forEach((row) => images.put(row)));
  const [first] = rows;
  const hex = first?.id.slice(7) ?? '';
  scratch.store.read(({ images }) => {
    assert.deepEqual(images.byPrefix(hex.slice(0, 12), 2), [first?.id]);
    assert.deepEqual(images.byPrefix(hex, 2), [first?.id]);
    assert.equal(images.byPrefix('0', 1).length, 1);
    assert.deepEqual(images.byPrefix('', 2), []);
    assert.deepEqual(images.byPrefix('zz', 2), []);
    assert.deepEqual(images.byPrefix('%', 2), []);
  });
});

test('images.byManifest() and children() find their images', () => {
  using scratch = scratchStore();
  const child = image('b', { parent: digestOf('a') });
  scratch.store.write(({ images }) => [image('a'), child].forEach((row) => images.put(row)));
  scratch.store.read(({ images }) => {
    assert.equal(images.byManifest(child.manifest.digest)?.id, child.id);
    assert.deepEqual(images.children(digestOf('a')), [child.id]);
    assert.equal(images.list().length, 2);
  });
});

test('images.tag() moves a name and says where it was', () => {
  using scratch = scratchStore();
  scratch.store.write(({ images }) => {
    images.put(image('a'));
    images.put(image('b'));
    assert.equal(images.tag('docker.io/library/x:1', digestOf('a'), 10), undefined);
    assert.equal(images.tag('docker.io/library/x:1', digestOf('b'), 11), digestOf('a'));
    assert.deepEqual(images.named('docker.io/library/x:1'), {
      name: 'docker.io/library/x:1',
      image: digestOf('b'),
      updatedAt: 11,
    });
    assert.equal(images.get(digestOf('b'))?.taggedAt, 11);
    assert.deepEqual(images.names(digestOf('a')), []);
    assert.equal(images.untag('docker.io/library/x:1'), true);
    assert.equal(images.untag('docker.io/library/x:1'), false);
  });
});

test('images.remove() takes the names of the image with it', () => {
  using scratch = scratchStore();
  scratch.store.write(({ images }) => {
    images.put(image('a'));
    images.tag('docker.io/library/x:1', digestOf('a'), 10);
    images.remove(digestOf('a'));
    assert.deepEqual(images.names(), []);
  });
});

test('a name cannot point at an image that is not there', () => {
  using scratch = scratchStore();
  assert.throws(() => scratch.store.write(({ images }) => images.tag('x', digestOf('a'), 1)));
});

test('layers.stack() lists a chain from the bottom, and nothing when a part is missing', () => {
  using scratch = scratchStore();
  const one = chainOn(undefined, diff('1'));
  const two = chainOn(one, diff('2'));
  scratch.store.write(({ layers }) => {
    layers.put(layer('1'));
    layers.putChain(one, undefined, diff('1'));
    layers.putChain(two, one, diff('2'));
    layers.putChain(two, one, diff('2'));
    assert.equal(layers.stack(two), undefined);
    layers.put(layer('2'));
  });
  scratch.store.read(({ layers }) => {
    const ids = (chain: typeof one) => layers.stack(chain)?.map((row) => row.diffId);
    assert.deepEqual(ids(two), [diff('1'), diff('2')]);
    assert.deepEqual(ids(one), [diff('1')]);
    assert.equal(ids(chainOn(two, diff('3'))), undefined);
  });
});

test('layers.get() does not see a layer that was not synced before the last boot', () => {
  using scratch = scratchStore();
  const lost = layer('1', { synced: false, bootId: 'another boot' });
  const chain = chainOn(undefined, lost.diffId);
  scratch.store.write(({ layers }) => {
    layers.put(lost);
    layers.putChain(chain, undefined, lost.diffId);
    layers.markSynced([lost.diffId]);
    assert.equal(layers.get(lost.diffId), undefined);
    assert.equal(layers.stack(chain), undefined);
    assert.deepEqual(layers.list(), []);

    layers.put(layer('1', { synced: false }));
    assert.equal(layers.get(lost.diffId)?.synced, false);
    layers.markSynced([lost.diffId]);
    assert.equal(layers.get(lost.diffId)?.synced, true);
  });
});

test('layers.put() of a layer that is there forgets neither its sync nor its tar writer', () => {
  using scratch = scratchStore();
  scratch.store.write(({ layers }) => {
    layers.put(layer('1', { writer: 1 }));
    layers.put(layer('1', { synced: false, writer: 0 }));
    assert.deepEqual(layers.get(diff('1')), layer('1'));
  });
});

test('layers.origins() tells for each layer where it came from, if known', () => {
  using scratch = scratchStore();
  const one = chainOn(undefined, diff('1'));
  const two = chainOn(one, diff('2'));
  const origin = { chain: two, diffId: diff('2'), instruction: 'RUN x', file: 'D', firstLine: 3 };
  scratch.store.write(({ layers }) => {
    layers.putChain(one, undefined, diff('1'));
    layers.putChain(two, one, diff('2'));
    layers.putOrigin(origin);
    assert.deepEqual(layers.origins(two), [undefined, origin]);
  });
});

test('blobs.layerBlobs() knows the forms of a layer that are there', () => {
  using scratch = scratchStore();
  const blob = { mediaType: MediaType.ociLayerGzip, digest: digestOf('gz'), size: 2 };
  scratch.store.write(({ blobs }) => {
    blobs.putLayerBlob({ diffId: diff('1'), blob });
    assert.deepEqual(blobs.layerBlobs(diff('1')), []);
    blobs.put(blob.digest, blob.size);
    assert.deepEqual(blobs.layerBlobs(diff('1')), [blob]);
    assert.equal(blobs.diffIdOf(blob.digest), diff('1'));
    assert.deepEqual(blobs.list(), [{ digest: blob.digest, size: 2 }]);
  });
});

test('cache.at() gives the newest record of a place first, with its ingredients', () => {
  using scratch = scratchStore();
  const row = {
    place: 'p',
    ingredients: [{ kind: 'file', name: 'a', digest: digestOf('a') }],
    chain: chainOn(undefined, diff('1')),
    usedAt: 1,
    took: 12,
  } as const;
  scratch.store.note(({ cache }) => {
    cache.put({ ...row, key: 'k1', createdAt: 1 });
    cache.put({ ...row, key: 'k2', createdAt: 2, canonicalKey: 'c' });
    cache.touch(['k1'], 9);
  });
  scratch.store.read(({ cache }) => {
    assert.deepEqual(
      cache.at('p', 5).map((one) => one.key),
      ['k2', 'k1'],
    );
    assert.deepEqual(
      { ...cache.get('k1') },
      { ...row, key: 'k1', createdAt: 1, usedAt: 9, uses: 2 },
    );
    assert.equal(cache.get('k2')?.canonicalKey, 'c');
    assert.equal(cache.get('k3'), undefined);
  });
  scratch.store.write(({ cache }) => cache.remove('k1'));
  assert.equal(
    scratch.store.read(({ cache }) => cache.list().length),
    1,
  );
});

test('files.get() answers for the very same stamp only', () => {
  using scratch = scratchStore();
  const stamp = { dev: 1n, ino: 2n ** 64n - 1n, size: 3n, mtimeNs: 1n << 60n, ctimeNs: 5n };
  scratch.store.note(({ files }) => files.put([{ stamp, digest: digestOf('x') }]));
  scratch.store.read(({ files }) => {
    assert.equal(files.get(stamp), digestOf('x'));
    assert.equal(files.get({ ...stamp, ctimeNs: 6n }), undefined);
    assert.equal(files.get({ ...stamp, ino: 7n }), undefined);
  });
  scratch.store.note(({ files }) =>
    files.put([{ stamp: { ...stamp, ctimeNs: 6n }, digest: digestOf('y') }]),
  );
  assert.equal(
    scratch.store.read(({ files }) => files.get(stamp)),
    undefined,
  );
});

test('containers.find() takes an ID, a name or a unique beginning of an ID', () => {
  using scratch = scratchStore();
  const row = (id: string, name: string): ContainerRow => ({
    id,
    name,
    image: digestOf('i'),
    createdAt: 1,
    state: 'created',
    json: '{}',
  });
  const [one, two] = [row('aa11', 'web'), row('aa22', 'aa1')];
  scratch.store.write(({ containers }) => {
    containers.put(one);
    containers.put(two);
    containers.put({ ...one, state: 'running' });
    assert.equal(containers.find('web')?.state, 'running');
    assert.equal(containers.find('aa2')?.id, 'aa22');
    assert.equal(containers.find('aa1')?.id, 'aa22');
    assert.equal(containers.find('aa'), undefined);
    assert.equal(containers.find('%'), undefined);
    assert.equal(containers.list().length, 2);
    containers.remove('aa11');
    assert.equal(containers.get('aa11'), undefined);
  });
});

test('containers.put() refuses a name that is taken', () => {
  using scratch = scratchStore();
  const row = { name: 'n', image: digestOf('i'), createdAt: 1, json: '{}' } as const;
  assert.throws(() =>
    scratch.store.write(({ containers }) => {
      containers.put({ ...row, id: '1', state: 'created' });
      containers.put({ ...row, id: '2', state: 'created' });
    }),
  );
  assert.deepEqual(
    scratch.store.read(({ containers }) => containers.list()),
    [],
  );
});

test('facts.set() is remembered', () => {
  using scratch = scratchStore();
  scratch.store.note(({ facts }) => facts.set('runtime', 'crun'));
  scratch.store.note(({ facts }) => facts.set('runtime', 'runc'));
  assert.equal(
    scratch.store.read(({ facts }) => facts.get('runtime')),
    'runc',
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Bytes, collect, once } from '../base/bytes.ts';
import { DigestMismatchError, InvalidInputError } from '../base/errors.ts';
import type { ProgressEvent } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type Digest, digestOf } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';
import { copy } from './copy.ts';
import { EarlyBlobs } from './early-blobs.ts';
import type { Destination, Source } from './transport.ts';

/** Blobs in memory: a source of what was added last, and a destination. */
class Memory implements Source, Destination {
  readonly label = 'memory';
  readonly blobs = new Map<Digest, Buffer>();
  readonly order: string[] = [];
  tip: Descriptor | undefined;
  #last: Descriptor | undefined;

  add(mediaType: string, content: string | object): Descriptor {
    const data = Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
    const node = { mediaType, digest: digestOf(data), size: data.length };
    this.blobs.set(node.digest, data);
    this.#last = node;
    return node;
  }

  root(): Promise<Descriptor> {
    if (!this.#last) throw new Error('nothing was added');
    return Promise.resolve(this.#last);
  }

  fetch(node: Descriptor): Promise<Bytes> {
    return Promise.resolve(once(this.blobs.get(node.digest) ?? Buffer.from('nothing')));
  }

  has(node: Descriptor): Promise<boolean> {
    return Promise.resolve(this.blobs.has(node.digest));
  }

  async put(node: Descriptor, body: Bytes): Promise<void> {
    this.blobs.set(node.digest, await collect(body));
    this.order.push(node.mediaType);
  }

  commit(root: Descriptor): Promise<void> {
    this.tip = root;
    return Promise.resolve();
  }
}

/** An image of two layers, the second of them listed twice. */
function image(): { from: Memory; layer: Descriptor; manifest: Descriptor } {
  const from = new Memory();
  const config = from.add(MediaType.ociConfig, {});
  const base = from.add(MediaType.ociLayer, 'base');
  const layer = from.add(MediaType.ociLayer, 'app');
  const layers = [base, layer, layer];
  const manifest = from.add(MediaType.ociManifest, { schemaVersion: 2, config, layers });
  return { from, layer, manifest };
}

test('copy() moves every node once, children before parents', async () => {
  const { from } = image();
  const to = new Memory();

  const root = await copy(from, to);

  const { ociConfig, ociLayer, ociManifest } = MediaType;
  assert.deepEqual(to.order, [ociConfig, ociLayer, ociLayer, ociManifest]);
  assert.deepEqual(to.tip, root);
});

test('copy() skips what the destination has and says so', async () => {
  const { from, layer } = image();
  const to = new Memory();
  to.add(MediaType.ociLayer, 'app');
  const events: ProgressEvent[] = [];

  await copy(from, to, { progress: (event) => events.push(event) });

  const skipped = events.find((event) => event.type === 'begin' && event.title === layer.digest);
  assert.ok(skipped?.type === 'begin');
  assert.ok(events.some((e) => e.type === 'end' && e.id === skipped.id && e.outcome === 'exists'));
});

test('copy() rejects a blob that is not what its descriptor says, and commits nothing', async () => {
  const { from, layer } = image();
  from.blobs.set(layer.digest, Buffer.from('apq'));
  const to = new Memory();

  await assert.rejects(copy(from, to), DigestMismatchError);
  assert.equal(to.tip, undefined);
});

test('copy() rejects a blob that is too long or too short', async () => {
  for (const data of ['app and more', 'a']) {
    const { from, layer } = image();
    from.blobs.set(layer.digest, Buffer.from(data));
    await assert.rejects(copy(from, new Memory()), InvalidInputError);
  }
});

test('copy() follows the children of an index that are selected', async () => {
  const { from, manifest } = image();
  const other = { ...manifest, digest: digestOf('other') };
  from.add(MediaType.ociIndex, { schemaVersion: 2, manifests: [other, manifest] });
  const to = new Memory();
  await copy(from, to, { select: (child) => child.digest === manifest.digest });
  assert.ok(to.blobs.has(manifest.digest));
});

test('copy() refuses indexes that are nested too deep', async () => {
  const { from, manifest } = image();
  let node = manifest;
  for (let depth = 0; depth < 8; depth += 1) {
    node = from.add(MediaType.ociIndex, { schemaVersion: 2, manifests: [node] });
  }
  await assert.rejects(copy(from, new Memory()), { message: /more than 8 levels/ });
});

test('copy() refuses a manifest that is too large without reading it', async () => {
  const from = new Memory();
  const root = { mediaType: MediaType.ociManifest, digest: digestOf('x'), size: 5_000_000 };
  from.root = () => Promise.resolve(root);
  from.fetch = () => Promise.reject(new Error('was asked for'));
  await assert.rejects(copy(from, new Memory()), { message: /a manifest of 5000000 bytes/ });
});

test('copy() says on which side a system error happened', async () => {
  const full = Object.assign(new Error('ENOSPC: no space left'), {
    code: 'ENOSPC',
    syscall: 'write',
  });
  const { from } = image();
  const to = new Memory();
  to.put = () => Promise.reject(full);
  await assert.rejects(copy(from, to), { code: 'TRANSFER', side: 'destination' });

  from.fetch = () => Promise.reject(full);
  await assert.rejects(copy(from, new Memory()), { code: 'TRANSFER', side: 'source' });
});

test('copy() leaves bugs as they are', async () => {
  const { from } = image();
  const bug = new TypeError('x is not a function');
  const to = new Memory();
  to.put = () => Promise.reject(bug);
  await assert.rejects(copy(from, to), bug);
});

test('copy() stops when told to', async () => {
  const { from } = image();
  await assert.rejects(copy(from, new Memory(), { signal: AbortSignal.abort() }), {
    name: 'AbortError',
  });
});

test('copy() waits for blobs that went ahead, and does not move them again', async () => {
  const from = new Memory();
  const config = from.add(MediaType.ociConfig, { rootfs: { diff_ids: [] } });
  const layer = from.add(MediaType.ociLayer, 'layer');
  const manifest = { schemaVersion: 2, config, layers: [layer] };
  const root = from.add(MediaType.ociManifest, manifest);
  const to = new Memory();
  const begun: string[] = [];
  const call = {
    progress: (event: ProgressEvent) => void (event.type === 'begin' && begun.push(event.title)),
  };
  await using early = new EarlyBlobs({ from, to }, call, 1);
  early.move(layer);
  early.move(layer);
  assert.deepEqual(await copy(from, to, { ...call, moved: early.moved }), root);
  assert.deepEqual(begun.sort(), [config.digest, layer.digest].sort());
  assert.equal(to.blobs.get(layer.digest)?.toString(), 'layer');
});

test('EarlyBlobs tells whoever makes more of them that one could not be moved', async () => {
  const from = new Memory();
  const layer = from.add(MediaType.ociLayer, 'layer');
  from.blobs.set(layer.digest, Buffer.from('other'));
  await using early = new EarlyBlobs({ from, to: new Memory() }, {}, 1);
  early.move(layer);
  await assert.rejects(early.moved.get(layer.digest) ?? Promise.resolve(), DigestMismatchError);
  assert.throws(() => early.signal.throwIfAborted(), DigestMismatchError);
});

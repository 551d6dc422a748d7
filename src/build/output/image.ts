import type { CallOptions } from '../../base/progress.ts';
import { reporter } from '../../base/reporter.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { MediaType } from '../../oci/media-types.ts';
import { choosePlatform, hostPlatform } from '../../oci/platform.ts';
import { canonicalName, parseReference } from '../../oci/reference.ts';
import { recordImage } from '../../store/record-event.ts';
import { copy } from '../../transport/copy.ts';
import { type NewImage, putImage, putIndex } from '../../transport/put-image.ts';
import type { Source } from '../../transport/transport.ts';
import { foreignBlobs, rowsOf } from '../publish.ts';
import { type Composed, composedSource } from './compose.ts';
import { OutputError } from './errors.ts';
import { composeFor, type Work } from './outputs.ts';
import type { ImageOutput } from './spec.ts';

/**
 * A build as an image of the store, pushed where that is asked for. The store has its layers
 * uncompressed unless a compression is named; a registry gets them compressed. Throws
 * OutputError.
 */
export async function writeImage(
  output: ImageOutput,
  work: Work,
  call: CallOptions,
): Promise<Composed> {
  const names = [...new Set([...work.names, ...(output.names ?? [])])];
  let composed: Composed | undefined;
  if (output.store !== false) {
    using task = reporter(call.progress).begin('exporting to image', { kind: 'internal' });
    composed = await composeFor(work, output, names, 'uncompressed', call);
    const given = namesFor(composed, output, output.pushByDigest === true ? [] : names);
    intoStore(composed, given, work);
    task.note(`writing image ${composed.isIndex ? composed.root.digest : composed.images[0]?.id}`);
    for (const name of given) task.note(`naming to ${name}`);
    task.outcome = 'done';
  }
  if (output.push !== true)
    return composed ?? composeFor(work, output, names, 'uncompressed', call);
  const pushed = await composeFor(work, output, names, 'gzip', call);
  await pushAll(pushed, names, output, work, call);
  if (composed) remember(composed, pushed, names, work);
  return pushed;
}

function namesFor(composed: Composed, output: ImageOutput, names: readonly string[]): string[] {
  const { digest } = composed.root;
  const prefix = output.danglingNamePrefix;
  if (names.length === 0) return prefix === undefined ? [] : [withDigest(prefix, digest)];
  if (output.nameCanonical !== true) return [...names];
  return [...new Set([...names, ...names.map((name) => withDigest(name, digest))])];
}

function withDigest(name: string, digest: Digest): string {
  const { tag: _tag, ...reference } = parseReference(name);
  return canonicalName({ ...reference, digest });
}

function intoStore(composed: Composed, names: readonly string[], { parts, clamp }: Work): void {
  const { store, snapshotter } = parts;
  const lease = parts.lease();
  for (const [digest, bytes] of composed.documents) {
    lease.hold('blob', digest);
    store.blobs.putSync(bytes);
  }
  const images = composed.images.map((one): NewImage => {
    const { image, id, manifest, layers } = one;
    const rows = rowsOf(store, image.solved);
    if (image.solved.chain !== undefined) lease.hold('chain', image.solved.chain);
    snapshotter.sync(rows.map(({ diffId }) => diffId));
    const { mediaType, digest, size } = manifest;
    const packed = layers.filter((layer) => !isPlain(layer.mediaType));
    return {
      id,
      config: image.config,
      manifest: { mediaType, digest, size },
      chain: image.solved.chain,
      clamped: clamp !== undefined,
      steps: image.steps,
      blobs: [...foreignBlobs(store, rows), ...packed.map((layer) => layer.digest)],
    };
  });
  const [only] = images;
  if (only && !composed.isIndex) {
    putImage(store, { ...only, names });
    return;
  }
  const own = new Set(images.flatMap(({ id, manifest }) => [id, manifest.digest]));
  putIndex(store, {
    descriptor: composed.root,
    members: images.map((image, at) => ({
      image,
      entry: composed.images[at]?.manifest ?? image.manifest,
    })),
    blobs: [...composed.documents.keys()].filter((digest) => !own.has(digest)),
    names,
  });
}

function isPlain(mediaType: string): boolean {
  return mediaType === MediaType.ociLayer || mediaType === MediaType.dockerLayer;
}

async function pushAll(
  composed: Composed,
  names: readonly string[],
  output: ImageOutput,
  { parts }: Work,
  call: CallOptions,
): Promise<void> {
  const { registry, store, snapshotter, lease, supply } = parts;
  if (!registry) throw new OutputError('pushing is not available in this version');
  const source = composedSource(composed, { store, snapshotter, lease: lease(), supply });
  for (const name of names) {
    using task = reporter(call.progress).begin(`pushing ${name}`, { kind: 'internal' });
    const destination = await registry(name, {
      insecure: output.insecure === true,
      byDigest: output.pushByDigest === true,
    });
    await copy(source, destination, call);
    task.note(`pushed ${composed.root.digest}`);
    for (const about of composed.referrers) {
      const options = { insecure: output.insecure === true, byDigest: true };
      await copy(rootedAt(source, about), await registry(name, options), call);
      task.note(`pushed attestations ${about.digest}`);
    }
    task.outcome = 'done';
  }
}

function rootedAt(source: Source, root: Descriptor): Source {
  return { ...source, root: () => Promise.resolve(root) };
}

/** What was pushed is known by its digest afterwards, and its blobs are kept for the next time. */
function remember(
  stored: Composed,
  pushed: Composed,
  names: readonly string[],
  { parts: { store } }: Work,
): void {
  const now = store.clock.now().getTime();
  for (const { manifest } of pushed.images) {
    const bytes = pushed.documents.get(manifest.digest);
    if (bytes) store.blobs.putSync(bytes);
  }
  const platforms = stored.images.map(({ image }) => image.platform);
  const meant = stored.images[choosePlatform(platforms, hostPlatform(process.arch))];
  if (!meant) return;
  store.write((tables) => {
    const { images, blobs } = tables;
    for (const { id, manifest, layers } of pushed.images) {
      for (const { digest } of [manifest, ...layers]) {
        if (blobs.has(digest)) blobs.link(id, digest);
      }
    }
    const index = stored.isIndex ? stored.root.digest : undefined;
    for (const name of names) {
      images.tag(withDigest(name, pushed.root.digest), meant.id, now, index);
      recordImage(tables, 'push', meant.id, now, name);
    }
  });
}

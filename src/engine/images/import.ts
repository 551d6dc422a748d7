import { rfc3339Nano } from '../../base/clock.ts';
import type { Bytes } from '../../base/bytes.ts';
import type { CallOptions } from '../../base/progress.ts';
import { reporter } from '../../base/reporter.ts';
import { looksLikeTar } from '../../layer/tar-sniff.ts';
import { makeManifest } from '../../image/make-manifest.ts';
import type { Digest } from '../../oci/digest.ts';
import type { ContainerConfig, ImageConfig } from '../../oci/image-config.ts';
import { ARCHIVE_MANIFEST_LIMIT } from '../../oci/limits.ts';
import { hostPlatform } from '../../oci/platform.ts';
import { canonicalName, parseTagTarget } from '../../oci/reference.ts';
import { encodeConfig } from '../../oci/write-json.ts';
import type { SealedLayer, Snapshotter } from '../../snapshot/snapshotter.ts';
import type { StackView } from '../../snapshot/stack-view.ts';
import type { Lease, Store } from '../../store/store.ts';
import { InvalidArchiveError } from '../../transport/errors.ts';
import { peek } from '../../transport/peek.ts';
import { plain } from '../../transport/plain.ts';
import { putImage } from '../../transport/put-image.ts';
import type { ImportRequest } from '../engine.ts';

/** What `import` needs. */
export interface ImportParts {
  readonly store: Store;
  readonly snapshotter: Snapshotter;
  /** Applies Dockerfile instructions, one each, to a container's defaults. Throws for those that are not allowed. */
  readonly applyChanges: (
    config: ContainerConfig,
    changes: readonly string[],
  ) => ContainerConfig | Promise<ContainerConfig>;
}

const BLOCK = 512;

/**
 * Makes an image of one layer out of the archive of a file system, plain or compressed. The
 * layer is ours: written again, it is the tar of our own writer, and the archive is not kept.
 * Returns the image ID.
 *
 * Throws InvalidReferenceError and what `applyChanges` throws before anything is read;
 * InvalidArchiveError, InvalidInputError for what is no such archive.
 */
export async function importImage(
  parts: ImportParts,
  archive: Bytes,
  request: ImportRequest = {},
  options: CallOptions = {},
): Promise<Digest> {
  const { store, snapshotter } = parts;
  const names = request.name === undefined ? [] : [canonicalName(parseTagTarget(request.name))];
  const container = await parts.applyChanges({}, request.changes ?? []);
  let isDone = false;
  try {
    using lease = store.lease('import');
    const layer = await unpack(snapshotter, lease, archive, options);
    lease.hold('layer', layer.diffId);
    if (isImageArchive(snapshotter.view([layer.diffId]))) throw imageArchive();
    const chain = snapshotter.name(layer.diffId, undefined);
    const config = configOf(store.clock.now(), container, layer, request);
    const configBlob = store.blobs.putSync(encodeConfig(config));
    lease.hold('blob', configBlob.digest);
    const manifest = makeManifest(configBlob, [layer]);
    lease.hold('blob', manifest.descriptor.digest);
    store.blobs.putSync(manifest.bytes);
    snapshotter.sync([layer.diffId]);
    putImage(store, {
      id: configBlob.digest,
      config,
      manifest: manifest.descriptor,
      chain,
      names,
      action: 'import',
    });
    isDone = true;
    return configBlob.digest;
  } finally {
    if (!isDone) await store.collect();
  }
}

async function unpack(
  snapshotter: Snapshotter,
  lease: Lease,
  archive: Bytes,
  options: CallOptions,
): Promise<SealedLayer> {
  const { head, bytes, close } = await peek(await plain(archive), BLOCK);
  const isZero = head.length === BLOCK && head.every((byte) => byte === 0);
  if (!isZero && !looksLikeTar(head)) {
    await close();
    throw noTar(head.length === 0);
  }
  await using draft = snapshotter.draft(lease);
  using task = reporter(options.progress).begin('importing', { kind: 'transfer', unit: 'bytes' });
  const layer = await snapshotter.apply(draft, task.count(bytes), { ...options, rewrite: true });
  task.outcome = 'done';
  return layer;
}

/** True for the files of an archive of images: nobody's root has them at its top. */
function isImageArchive(view: StackView): boolean {
  const isFile = (name: string): boolean => view.find(name, { followLast: false })?.kind === 'file';
  if (isFile('oci-layout') && isFile('index.json')) return true;
  const { size = 0n } = view.find('manifest.json')?.stat ?? {};
  if (!isFile('manifest.json') || size > ARCHIVE_MANIFEST_LIMIT) return false;
  const text = view.read('manifest.json', ARCHIVE_MANIFEST_LIMIT)?.toString() ?? '';
  return /^\s*\[\s*\{/.test(text) && text.includes('"Config"') && text.includes('"Layers"');
}

function imageArchive(): InvalidArchiveError {
  return new InvalidArchiveError('this is an image archive, not the archive of a file system', {
    hint: "'stave load' reads it.",
  });
}

function noTar(isEmpty: boolean): InvalidArchiveError {
  if (isEmpty) {
    return new InvalidArchiveError('the archive is empty', {
      hint: "It should be the tar archive of a root file system, such as 'docker export' writes.",
    });
  }
  return new InvalidArchiveError('this is no tar archive', {
    hint: 'It should be the tar archive of a root file system, plain or compressed.',
  });
}

function configOf(
  now: Date,
  container: ContainerConfig,
  layer: SealedLayer,
  request: ImportRequest,
): ImageConfig {
  const platform = request.platform ?? hostPlatform(process.arch);
  const created = rfc3339Nano(now);
  const comment = request.message ?? `Imported from ${request.label ?? '-'}`;
  return {
    created,
    architecture: platform.architecture,
    os: platform.os,
    ...(platform.variant !== undefined && { variant: platform.variant }),
    config: container,
    rootfs: { type: 'layers', diff_ids: [layer.diffId] },
    history: [{ created, comment }],
  };
}

import { limiter, together } from '../base/limit.ts';
import type { CallOptions } from '../base/progress.ts';
import { reporter } from '../base/reporter.ts';
import { compressed } from '../layer/compression.ts';
import { mediaTypeIn } from '../image/media-forms.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest, DiffId } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';
import type { Snapshotter } from '../snapshot/snapshotter.ts';
import { LayerMissingError } from '../snapshot/errors.ts';
import type { Lease, Store } from '../store/store.ts';
import type { LayerRow } from '../store/tables.ts';
import type { LayerSupply } from './layer-supply.ts';

/** In what form layers leave the store. */
export interface LayerForm {
  readonly compression: 'uncompressed' | 'gzip' | 'zstd';
  /** gzip 0 to 9, zstd 1 to 22. Layers made with one of their own are not kept. */
  readonly level?: number | undefined;
  /** Also layers that came compressed in another way. */
  readonly force?: boolean;
}

/** What compressing layers works with. */
export interface CompressParts {
  readonly store: Store;
  readonly snapshotter: Snapshotter;
  /** Holds the blobs until something refers to them. */
  readonly lease: Lease;
  /** Where layers can be had that are not in the store: their blobs are taken as they are. */
  readonly supply?: Pick<LayerSupply, 'offered' | 'offeredBlob' | 'open'> | undefined;
  /** Is told of each layer that was compressed, as soon as its blob is there. */
  readonly made?: (blob: Descriptor) => void;
}

/** Layers that are compressed side by side; each one keeps several threads at work, and needs some 40 MB. */
const AT_ONCE = 2;

const TYPES = {
  uncompressed: MediaType.ociLayer,
  gzip: MediaType.ociLayerGzip,
  zstd: MediaType.ociLayerZstd,
} as const;

/**
 * The blobs of layers in the wanted form, in the order of `diffIds`: media types are OCI's.
 * A layer that came compressed stays as it came, unless the form is forced; others are
 * compressed once, side by side, and the blobs are kept: the same layer gives the same bytes
 * anywhere. `uncompressed` makes no blob: whoever fetches such a digest gets the layer's tar.
 *
 * Throws LayerMissingError.
 */
export async function compressedLayers(
  parts: CompressParts,
  diffIds: readonly DiffId[],
  form: LayerForm,
  call: CallOptions = {},
): Promise<readonly Descriptor[]> {
  const stop = new AbortController();
  const signal = call.signal ? AbortSignal.any([call.signal, stop.signal]) : stop.signal;
  const run = limiter(AT_ONCE);
  const jobs = new Map<DiffId, Promise<Descriptor>>();
  for (const diffId of diffIds) {
    if (jobs.has(diffId)) continue;
    jobs.set(
      diffId,
      run(() => blobOf(parts, diffId, form, { ...call, signal })),
    );
  }
  await together([...jobs.values()], stop);
  return Promise.all(diffIds.map((diffId) => jobs.get(diffId)!));
}

async function blobOf(
  parts: CompressParts,
  diffId: DiffId,
  form: LayerForm,
  call: CallOptions,
): Promise<Descriptor> {
  call.signal?.throwIfAborted();
  parts.lease.hold('layer', diffId);
  const row = parts.store.read((tables) => tables.layers.get(diffId));
  if (!row) {
    const offer = form.force === true ? undefined : parts.supply?.offered(diffId);
    if (offer) return { ...offer.blob, mediaType: mediaTypeIn('oci', offer.blob.mediaType) };
    throw new LayerMissingError(diffId);
  }
  const known = keptBlob(parts, row, form);
  if (known) return known;
  if (form.compression === 'uncompressed') return plain(row);
  return compress(parts, row, form.compression, form.level, call);
}

function plain({ diffId, size }: LayerRow): Descriptor {
  return { mediaType: MediaType.ociLayer, digest: diffId as string as Digest, size };
}

/** A blob of the layer that will do. It is held before it counts. */
function keptBlob(
  { store, lease }: CompressParts,
  row: LayerRow,
  form: LayerForm,
): Descriptor | undefined {
  const kept = store.read(({ blobs }) => blobs.layerBlobs(row.diffId));
  for (const { digest } of kept) lease.hold('blob', digest);
  const there = store.read(({ blobs }) => kept.filter(({ digest }) => blobs.has(digest)));
  const packed = there.filter((blob) => formOf(blob) !== 'uncompressed');
  const wanted = packed.find((blob) => formOf(blob) === form.compression);
  const came = row.writer === 0 && form.force !== true ? (wanted ?? packed[0]) : undefined;
  if (came) return came;
  // A level of its own makes other bytes than those that are kept.
  return form.level === undefined ? wanted : undefined;
}

/** How the blob of a layer is compressed, by its media type. */
function formOf({ mediaType }: Descriptor): LayerForm['compression'] {
  if (/[+.]gzip$/.test(mediaType)) return 'gzip';
  return /[+.]zstd$/.test(mediaType) ? 'zstd' : 'uncompressed';
}

async function compress(
  parts: CompressParts,
  row: LayerRow,
  format: 'gzip' | 'zstd',
  level: number | undefined,
  call: CallOptions,
): Promise<Descriptor> {
  const { store, snapshotter, lease } = parts;
  const { diffId } = row;
  using task = reporter(call.progress).begin(`compressing ${diffId}`, {
    kind: 'transfer',
    total: row.size,
    unit: 'bytes',
  });
  const key = `compress:${format}:${level ?? 'default'}:${diffId}`;
  const writer = await store.blobs.ingest(key, { ...call, resumable: false });
  try {
    // Whoever had the ingest before may have finished it.
    const known = keptBlob(parts, row, { compression: format, level, force: true });
    if (known) {
      await writer.discard();
      task.outcome = 'exists';
      return known;
    }
    const tar = task.count(snapshotter.tar(diffId, { ...call, passing: true }));
    for await (const chunk of compressed(tar, format, { level, passing: true })) {
      call.signal?.throwIfAborted();
      await writer.write(chunk);
    }
    const { digest, size } = await writer.commit();
    lease.hold('blob', digest);
    const blob = { mediaType: TYPES[format], digest, size };
    if (level === undefined) store.note(({ blobs }) => blobs.putLayerBlob({ diffId, blob }));
    task.outcome = 'done';
    parts.made?.(blob);
    return blob;
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

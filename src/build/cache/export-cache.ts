import { once, type Bytes } from '../../base/bytes.ts';
import { limiter, together } from '../../base/limit.ts';
import type { CallOptions } from '../../base/progress.ts';
import { reporter, type Task } from '../../base/reporter.ts';
import { mediaTypeIn } from '../../image/media-forms.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { LayerWatch } from '../../layer/layer-stream.ts';
import { digestOf, type Digest, type DiffId } from '../../oci/digest.ts';
import { LAYER_COUNT_LIMIT } from '../../oci/limits.ts';
import { MediaType } from '../../oci/media-types.ts';
import { encodeManifest } from '../../oci/write-json.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Lease, Store } from '../../store/store.ts';
import { compressedLayers } from '../../transport/compressed-layers.ts';
import type { LayerSupply, Offer } from '../../transport/layer-supply.ts';
import type { Destination, Source } from '../../transport/transport.ts';
import { CacheExportError } from '../errors.ts';
import type { LeakGuard } from '../leaks/guard.ts';
import { CacheMedia, encodeCache, type SharedMount } from './document.ts';
import { isKnown, type ImportedCaches } from './imported.ts';
import type { CacheForm, CacheTarget } from './remote.ts';
import type { SolvedBuild } from './session.ts';
import { documentOf, neededLayers, shareable } from './shape-cache.ts';

/** Blobs that are sent at the same time. */
const AT_ONCE = 4;

/** What exporting works with. */
export interface ExportParts {
  readonly store: Store;
  readonly snapshotter: Snapshotter;
  readonly lease: () => Lease;
  readonly supply: LayerSupply;
  readonly imported: ImportedCaches | undefined;
  /** Looks at what goes out beside the layers, which it has seen. */
  readonly guard: Pick<LeakGuard, 'document' | 'files'> | undefined;
}

/** A blob that goes into a cache, and how to get at its bytes. */
interface Piece {
  readonly blob: Descriptor;
  readonly open: () => Promise<Bytes>;
  /** Where it can be had, for targets that can take it from there themselves. */
  readonly from?: Offer['from'];
}

/**
 * Writes the results of a build to a cache elsewhere: what is there already is not sent
 * again, and the manifest comes last. Throws CacheExportError; with `ignoreError` it warns.
 */
export async function exportCache(
  target: CacheTarget,
  finished: SolvedBuild,
  parts: ExportParts,
  call: CallOptions,
): Promise<void> {
  const report = reporter(call.progress);
  using task = report.begin(`exporting cache to ${target.label}`, { kind: 'internal' });
  try {
    await write(target, finished, parts, task, call);
    task.outcome = 'done';
  } catch (error) {
    call.signal?.throwIfAborted();
    if (!isKnown(error) || parts.supply.lostTo(error)) throw error;
    task.error = { code: 'CACHE_EXPORT', message: error.message };
    if (!target.ignoreError) throw new CacheExportError(target.label, error);
    report.warn({
      code: 'CacheNotExported',
      message: `the cache was not exported to ${target.label}: ${error.message}`,
    });
  }
}

async function write(
  target: CacheTarget,
  finished: SolvedBuild,
  parts: ExportParts,
  task: Task,
  call: CallOptions,
): Promise<void> {
  const { form } = target;
  const records = await shareable(finished.outcomes, form.mode, finished.targets, parts);
  const layers = await layerPieces(neededLayers(records), form, parts, call);
  const blobs = new Map([...layers].map(([diffId, { blob }]) => [diffId, blob]));
  const destination = await target.open(call);
  const sent = await sendAll([...layers.values()], destination, call);
  const mounts = await mountsOf(target, finished, parts, destination, call);
  const document = encodeCache({ ...documentOf(records, blobs), mounts });
  parts.guard?.document('the cache', document);
  const config: Piece = {
    blob: { mediaType: CacheMedia.document, digest: digestOf(document), size: document.length },
    open: () => Promise.resolve(once(document)),
  };
  await send(config, destination, call);
  const all = [...blobs.values(), ...mounts.flatMap((mount) => mount.chunks)];
  const manifests = manifestsOf(form, config.blob, distinct(all));
  let root: Descriptor | undefined;
  for (const bytes of manifests) {
    root = nodeOf(bytes);
    await destination.put(root, once(bytes.data), call);
  }
  if (root) await destination.commit(root, call);
  task.note(`${records.records.length} records, ${sent} of ${blobs.size} layers sent`);
}

/** Loaded when cache mounts are to travel, too. */
async function mountsOf(
  { mounts }: CacheTarget,
  { outcomes }: SolvedBuild,
  { store, guard }: ExportParts,
  destination: Destination,
  call: CallOptions,
): Promise<readonly SharedMount[]> {
  if (!mounts) return [];
  const { exportMounts } = await import('./export-mounts.ts');
  const watch = (id: string): LayerWatch | undefined => guard?.files(`the cache mount ${id}`);
  return exportMounts(mounts, outcomes, { paths: store.paths, destination, watch }, call);
}

/** The blobs of layers: those of this store compressed, others from where they can be had. */
async function layerPieces(
  diffIds: readonly DiffId[],
  form: CacheForm,
  parts: ExportParts,
  call: CallOptions,
): Promise<Map<DiffId, Piece>> {
  const { store, snapshotter, supply } = parts;
  const pieces = new Map<DiffId, Piece>();
  const here = store.read((tables) => diffIds.filter((diffId) => tables.layers.get(diffId)));
  const made =
    here.length === 0
      ? []
      : await compressedLayers(
          { store, snapshotter, lease: parts.lease() },
          here,
          form.layers,
          call,
        );
  for (const [at, diffId] of here.entries()) {
    const blob = made[at]!;
    const isTar = blob.digest === (diffId as string);
    pieces.set(diffId, {
      blob: { ...blob, mediaType: mediaTypeIn(form.family, blob.mediaType) },
      open: () =>
        isTar
          ? Promise.resolve(snapshotter.tar(diffId, call))
          : store.blobs.open(blob.digest, call),
    });
  }
  for (const diffId of diffIds) {
    const offer = pieces.has(diffId) ? undefined : supply.offered(diffId);
    if (!offer) continue;
    const { blob, from } = offer;
    pieces.set(diffId, {
      blob,
      from,
      open: () => Promise.resolve(supply.open(diffId, offer, call)),
    });
  }
  return pieces;
}

async function sendAll(
  pieces: readonly Piece[],
  destination: Destination,
  call: CallOptions,
): Promise<number> {
  const stop = new AbortController();
  const signal = call.signal ? AbortSignal.any([call.signal, stop.signal]) : stop.signal;
  const own = { ...call, signal };
  const run = limiter(AT_ONCE);
  const once = new Map(pieces.map((piece) => [piece.blob.digest, piece]));
  const jobs = [...once.values()].map((piece) => run(() => send(piece, destination, own)));
  return (await together(jobs, stop)).filter((sent) => sent).length;
}

async function send(
  { blob, open, from }: Piece,
  destination: Destination,
  call: CallOptions,
): Promise<boolean> {
  call.signal?.throwIfAborted();
  if (await destination.has(blob, call)) return false;
  if (from && isSource(from) && (await destination.adopt?.(blob, from, call))) return false;
  using task = reporter(call.progress).begin(blob.digest, {
    kind: 'transfer',
    total: blob.size,
    unit: 'bytes',
  });
  await destination.put(blob, task.count(await open()), { ...call, reopen: open });
  task.outcome = 'done';
  return true;
}

function isSource(from: Offer['from']): from is Source {
  return 'root' in from;
}

/** A document with its media type. */
interface Document {
  readonly mediaType: string;
  readonly data: Buffer;
}

/**
 * The manifests over all blobs, the root last: one, or an index of several where there are
 * more blobs than a manifest may have. Every one of them has the records.
 */
function manifestsOf(
  { imageManifest, family }: CacheForm,
  config: Descriptor,
  blobs: readonly Descriptor[],
): readonly Document[] {
  const indexType = mediaTypeIn(family, MediaType.ociIndex);
  const index = (manifests: readonly Descriptor[]): Document => ({
    mediaType: indexType,
    data: encodeManifest({ schemaVersion: 2, mediaType: indexType, manifests }),
  });
  if (!imageManifest) return [index([...blobs, config])];
  const mediaType = MediaType.ociManifest;
  const parts: Document[] = [];
  for (let at = 0; at === 0 || at < blobs.length; at += LAYER_COUNT_LIMIT) {
    const layers = blobs.slice(at, at + LAYER_COUNT_LIMIT);
    parts.push({
      mediaType,
      data: encodeManifest({ schemaVersion: 2, mediaType, config, layers }),
    });
  }
  if (parts.length === 1) return parts;
  const children = parts.map((part) => ({ ...nodeOf(part), artifactType: CacheMedia.document }));
  return [...parts, index(children)];
}

function nodeOf({ mediaType, data }: Document): Descriptor {
  return { mediaType, digest: digestOf(data), size: data.length };
}

function distinct(all: readonly Descriptor[]): Descriptor[] {
  return [...new Map<Digest, Descriptor>(all.map((one) => [one.digest, one])).values()];
}

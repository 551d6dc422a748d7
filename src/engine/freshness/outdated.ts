import { StaveError } from '../../base/errors.ts';
import { limiter } from '../../base/limit.ts';
import type { CallOptions } from '../../base/progress.ts';
import { isDigest } from '../../oci/digest.ts';
import { parseManifestOrIndex } from '../../oci/parse-manifest.ts';
import { canonicalName, familiar, parseReference, withDefaultTag } from '../../oci/reference.ts';
import type { Connections } from '../../registry/connection.ts';
import { openRepository } from '../../registry/repository.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Store } from '../../store/store.ts';
import type { ImageRow } from '../../store/tables.ts';
import type { Freshness, OutdatedReport, OutdatedRequest } from '../freshness-types.ts';
import { findImage } from '../images/find.ts';
import { shownNames } from '../images/names.ts';
import { baseHere, type RecordedBase, recordedBase, repositoryOf } from './base-of.ts';
import { PackageAges } from './package-age.ts';
import { rebuildOrder } from './rebuild-order.ts';

/** What the comparison works with. */
export interface OutdatedParts {
  readonly store: Store;
  readonly snapshotter: Snapshotter;
  readonly connections: () => Promise<Connections>;
}

/** Registries that are asked at the same time. */
const PARALLEL = 4;

/** An image with what it says of its base. */
export interface Candidate {
  readonly image: ImageRow;
  /** Canonical. */
  readonly names: readonly string[];
  readonly base: RecordedBase | undefined;
}

/** Where a base's name leads now: its digest with those that it holds, or why that is unknown. */
type Lead =
  | { readonly digest: string; readonly holds: ReadonlySet<string>; readonly place: string }
  | { readonly failure: string };

/**
 * Compares images with what their bases are today: here, and in their registries. Each base is
 * asked for once. Throws ImageNotFoundError, AmbiguousImageError.
 */
export async function outdatedImages(
  parts: OutdatedParts,
  request: OutdatedRequest = {},
  call: CallOptions = {},
): Promise<OutdatedReport> {
  const { store, snapshotter } = parts;
  const candidates = candidatesOf(store, request.images);
  const ages = new PackageAges(snapshotter);
  const run = limiter(PARALLEL);
  const leads = new Map<string, Promise<Lead>>();
  const leadOf = ({ name }: RecordedBase): Promise<Lead> => {
    let lead = leads.get(name);
    if (!lead) leads.set(name, (lead = run(() => remoteLead(parts, name, call))));
    return lead;
  };
  const images = await Promise.all(
    candidates.map(async (candidate) => {
      const freshness = await compared(
        store,
        candidate,
        request.local === true ? undefined : leadOf,
      );
      return aged(store, freshness, candidate, ages, request.maxAge);
    }),
  );
  return { images, order: rebuildOrder(candidates, images) };
}

function candidatesOf(store: Store, names: readonly string[] | undefined): Candidate[] {
  const rows = names?.map((name) => findImage(store, name));
  return store.read((tables) => {
    const all = rows ?? tables.images.list();
    return [...new Map(all.map((image) => [image.id, image])).values()]
      .map((image) => ({
        image,
        names: tables.images.names(image.id).map(({ name }) => name),
      }))
      .filter(({ names: own }) => rows !== undefined || own.length > 0)
      .map((one) => ({ ...one, base: recordedBase(store, one.image) }))
      .sort((a, b) => ((a.names[0] ?? '') < (b.names[0] ?? '') ? -1 : 1));
  });
}

async function compared(
  store: Store,
  { image, names, base }: Candidate,
  leadOf: ((base: RecordedBase) => Promise<Lead>) | undefined,
): Promise<Freshness> {
  const { tags } = shownNames(names);
  const plain = { id: image.id, tags };
  if (!base) return { ...plain, status: 'unknown', reason: 'it does not say what it was built on' };
  const { name, digest } = base;
  if (isDigest(name) || repositoryOf(name) === undefined) {
    return { ...plain, base: name, status: 'unknown', reason: 'its base had no name' };
  }
  const reference = withDefaultTag(parseReference(name));
  const shown = familiar(reference);
  const known = { ...plain, base: shown, ...(digest !== undefined && { baseDigest: digest }) };
  if (reference.digest !== undefined) {
    return { ...known, status: 'current', reason: 'its base is named by its digest' };
  }
  if (digest === undefined) {
    return {
      ...known,
      status: 'unknown',
      reason: `it does not say which ${shown} it was built on`,
    };
  }
  const local = localDigests(store, canonicalName(reference));
  const newest = local?.[0];
  if (newest !== undefined && local?.includes(digest) !== true) {
    return { ...known, status: 'outdated', newest, reason: `${shown} is another image here now` };
  }
  if (!leadOf) {
    if (local) return { ...known, status: 'current', reason: `${shown} is the same here` };
    return { ...known, status: 'unknown', reason: `${shown} is not here` };
  }
  const lead = await leadOf(base);
  if ('failure' in lead) return { ...known, status: 'unknown', reason: lead.failure };
  // An index changes with any of its images; ours may have stayed.
  const own = baseHere(store, base)?.manifest.digest;
  if (lead.holds.has(digest) || (own !== undefined && lead.holds.has(own))) {
    return { ...known, status: 'current', reason: `${shown} is the same in ${lead.place}` };
  }
  const reason = `${shown} is another image in ${lead.place}`;
  return { ...known, status: 'outdated', newest: lead.digest, reason };
}

/** The digests by which what a name points at here may be recorded; the first one is its own. */
function localDigests(store: Store, name: string): string[] | undefined {
  return store.read((tables) => {
    const row = tables.images.named(name);
    const image = row && tables.images.get(row.image);
    if (!image) return undefined;
    const repository = `${name.slice(0, name.lastIndexOf(':'))}@`;
    const named = tables.images
      .names(image.id)
      .flatMap((one) =>
        one.name.startsWith(repository) ? [one.name.slice(repository.length)] : [],
      );
    return [...named, row.index, image.manifest.digest].filter((one) => one !== undefined);
  });
}

async function remoteLead(
  { connections }: OutdatedParts,
  name: string,
  call: CallOptions,
): Promise<Lead> {
  const repository = openRepository(await connections(), withDefaultTag(parseReference(name)));
  try {
    const root = await repository.getManifest(undefined, call);
    const { digest, mediaType } = root.descriptor;
    const document = parseManifestOrIndex(root.bytes, mediaType);
    const members = document.kind === 'index' ? document.index.manifests : [];
    const holds = new Set<string>([digest, ...members.map((one) => one.digest)]);
    return { digest, holds, place: repository.registry };
  } catch (error) {
    if (!(error instanceof StaveError)) throw error;
    return { failure: error.message };
  }
}

function aged(
  store: Store,
  freshness: Freshness,
  { image }: Candidate,
  ages: PackageAges,
  maxAge: number | undefined,
): Freshness {
  const { chain } = image;
  const stack = chain === undefined ? [] : store.read((tables) => tables.layers.stack(chain) ?? []);
  const packages = ages.of(stack.map(({ diffId }) => diffId));
  if (!packages) return freshness;
  const isOld =
    maxAge !== undefined && store.clock.now().getTime() - packages.changed.getTime() > maxAge;
  if (!isOld || freshness.status === 'outdated') return { ...freshness, packages };
  const day = packages.changed.toISOString().slice(0, 10);
  return { ...freshness, packages, status: 'outdated', reason: `its packages are of ${day}` };
}

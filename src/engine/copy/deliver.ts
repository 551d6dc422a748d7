import { InvalidInputError, StaveError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import { fillLayout } from '../../build/output/layout.ts';
import { isAttestation } from '../../image/attestation.ts';
import { chooseManifest } from '../../oci/choose-manifest.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { parseIndex } from '../../oci/parse-manifest.ts';
import { hostPlatform } from '../../oci/platform.ts';
import { canonicalName, parseReference, withDefaultTag } from '../../oci/reference.ts';
import type { Connections } from '../../registry/connection.ts';
import { RegistryDestination } from '../../registry/registry-destination.ts';
import { openRepository } from '../../registry/repository.ts';
import { archiveTar, pourArchiveTar } from '../../transport/archive-tar.ts';
import { isIndex } from '../../transport/children.ts';
import { documentOf } from '../../transport/chosen-source.ts';
import { copy } from '../../transport/copy.ts';
import { directoryDestination } from '../../transport/directory-destination.ts';
import { DockerArchive } from '../../transport/docker-archive-destination.ts';
import { LayerIntake } from '../../transport/layer-intake.ts';
import { StoreDestination } from '../../transport/store-destination.ts';
import type { Destination } from '../../transport/transport.ts';
import type { CopyRequest, CopySource, CopyTarget } from '../copy-types.ts';
import { isForLinux } from '../images/for-linux.ts';
import { fillNew } from '../images/save-directory.ts';
import { resumption } from '../resumption.ts';
import type { CopyParts, OpenedSource } from './sources.ts';

/** What goes somewhere. */
interface Freight extends OpenedSource {
  readonly root: Descriptor;
}

/** Blobs that move at the same time. */
const PARALLEL = 4;

/** Copies what was opened to where it is to go. */
export async function deliver(
  parts: CopyParts & { readonly connections: Connections | undefined },
  freight: Freight,
  request: CopyRequest,
  call: CallOptions,
): Promise<void> {
  const { to } = request;
  const { source, select } = freight;
  const options = { ...call, concurrency: PARALLEL, ...(select && { select }) };
  switch (to.kind) {
    case 'registry':
      await copy(source, inRegistry(parts, to.name, freight.root, request), options);
      return;
    case 'store':
      return intoStore(parts, freight, { from: request.from, name: to.name }, call);
    case 'layout': {
      const annotations = to.tag === undefined ? undefined : annotationsOf(to.tag);
      const as = { form: 'oci', present: to.path, ...(annotations && { annotations }) } as const;
      return fillLayout(to.path, async (scratch) => {
        await copy(source, directoryDestination(scratch, as), options);
      });
    }
    case 'dir':
      return fillNew(to.path, async (scratch) => {
        await copy(source, directoryDestination(scratch, { form: 'dir' }), options);
      });
    case 'archive':
      return intoArchive(to, freight, call);
    default:
      return to satisfies never;
  }
}

function inRegistry(
  { store, connections }: CopyParts & { readonly connections: Connections | undefined },
  name: string,
  root: Descriptor,
  { from, chunk, foreign = false }: CopyRequest,
): Destination {
  if (!connections) throw new Error('there is no way to a registry');
  const target = withDefaultTag(parseReference(name));
  if (target.digest !== undefined && target.digest !== root.digest) {
    throw new InvalidInputError(`${placeName(from)} is ${root.digest}, not ${target.digest}`);
  }
  const repository = openRepository(connections, target, {
    push: true,
    chunk,
    ...resumption(store),
  });
  const tags = target.tag === undefined ? [] : [target.tag];
  return new RegistryDestination(repository, { tags, foreign });
}

/** Images for other systems than Linux cannot be unpacked here: an index goes without them. */
async function intoStore(
  { store, snapshotter: opened, lease }: CopyParts,
  { source, select = () => true }: Freight,
  { from, name }: { readonly from: CopySource; readonly name: string },
  call: CallOptions,
): Promise<void> {
  const reference = withDefaultTag(parseReference(name));
  if (reference.digest !== undefined) {
    throw new InvalidInputError(`an image cannot be called by a digest here: ${name}`);
  }
  const snapshotter = await opened();
  const isRemote = from.kind === 'registry';
  const intake = new LayerIntake(store, snapshotter, lease, { resumable: isRemote });
  const action = isRemote ? 'pull' : 'load';
  const destination = new StoreDestination({ store, snapshotter, intake, lease, action }, [
    canonicalName(reference),
  ]);
  try {
    await copy(source, destination, {
      ...call,
      concurrency: PARALLEL,
      select: (child) => select(child) && isForLinux(child),
    });
  } catch (error) {
    // Layers that came whole before a network failed are there when it is tried again.
    const keeps = error instanceof StaveError && error.code === 'NETWORK';
    if (!keeps) await store.collect();
    throw error;
  }
}

async function intoArchive(
  to: Extract<CopyTarget, { readonly kind: 'archive' }>,
  freight: Freight,
  call: CallOptions,
): Promise<void> {
  const { source, select, name } = freight;
  const archive = new DockerArchive(to.form);
  // What was typed names a layout's image just so; Docker's archives know whole names only.
  const typed = to.form === 'oci' ? to.name : undefined;
  const own = to.name === undefined ? name : canonicalName(tagged(to.name));
  const main = to.form === 'docker' ? await mainOf(freight, call) : undefined;
  const destination = archive.destination(typed === undefined && own !== undefined ? [own] : [], {
    ...(main && { main }),
    ...(typed !== undefined && { annotations: annotationsOf(typed) }),
  });
  // Layers move when the archive is read; that is the progress to tell.
  const { signal } = call;
  await copy(source, destination, { ...(signal && { signal }), ...(select && { select }) });
  await to.write({
    [Symbol.asyncIterator]: () => archiveTar(archive, call)[Symbol.asyncIterator](),
    pour: (sink) => pourArchiveTar(archive, sink, call),
  });
}

/** The image of an index that programs see which know no indexes. */
async function mainOf(
  { source, root, select = () => true }: Freight,
  call: CallOptions,
): Promise<Descriptor | undefined> {
  if (!isIndex(root)) return undefined;
  const { manifests } = parseIndex(await documentOf(source, root, call), root.mediaType);
  const images = manifests.filter((entry) => !isAttestation(entry) && select(entry));
  return chooseManifest(images, hostPlatform(process.arch)) ?? images[0];
}

function tagged(name: string): ReturnType<typeof parseReference> {
  const reference = withDefaultTag(parseReference(name));
  if (reference.tag !== undefined) return reference;
  throw new InvalidInputError(`an archive calls images by tags, not by digests: ${name}`);
}

/** A tag, or a whole name, as skopeo and containerd look for them. */
function annotationsOf(text: string): Readonly<Record<string, string>> {
  const whole = /[/:]/.test(text) ? canonicalName(tagged(text)) : undefined;
  return {
    ...(whole !== undefined && { 'io.containerd.image.name': whole }),
    'org.opencontainers.image.ref.name': text,
  };
}

/** As it was typed, more or less, for people. */
export function placeName(place: CopySource | CopyTarget): string {
  if (place.kind === 'registry' || place.kind === 'store') return place.name;
  if (place.kind !== 'archive') return place.path;
  return 'from' in place && typeof place.from === 'string' ? place.from : 'an archive';
}

import type { Bytes } from '../base/bytes.ts';
import { InvalidInputError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import { reporter } from '../base/reporter.ts';
import type { Digest } from '../oci/digest.ts';
import { hostPlatform } from '../oci/platform.ts';
import { canonicalName, parseReference, type Reference, withDefaultTag } from '../oci/reference.ts';
import type { Connections } from '../registry/connection.ts';
import { RegistryDestination } from '../registry/registry-destination.ts';
import { RegistrySource } from '../registry/registry-source.ts';
import { openRepository } from '../registry/repository.ts';
import { archiveTar } from '../transport/archive-tar.ts';
import { copy } from '../transport/copy.ts';
import { DockerArchive } from '../transport/docker-archive-destination.ts';
import { layerProgress } from './images/layer-progress.ts';
import type { ArchiveTarget, RemoteCopy } from './registry-types.ts';
import { remoteImage } from './remote-image.ts';

/** Blobs that move at the same time. */
const PARALLEL = 4;

/**
 * Copies from one registry to another: an index with all it holds, byte for byte, and nothing of
 * it is kept here. Within one registry blobs do not travel. Returns the digest of what was copied.
 */
export async function copyToRegistry(
  connections: Connections,
  what: RemoteCopy,
  to: string,
  call: CallOptions,
): Promise<Digest> {
  const target = withDefaultTag(parseReference(to));
  using task = reporter(call.progress).begin(`copying ${what.from} to ${to}`, { kind: 'step' });
  const source = await opened(connections, what, call);
  const repository = openRepository(connections, target, { push: true });
  const { tag } = target;
  const destination = new RegistryDestination(repository, { tags: tag === undefined ? [] : [tag] });
  const { digest } = await source.root(call);
  if (target.digest !== undefined && target.digest !== digest) {
    throw new InvalidInputError(`${what.from} is ${digest}, not ${target.digest}`);
  }
  const progress = layerProgress(call.progress, task.id);
  await copy(source, destination, { ...call, progress, concurrency: PARALLEL });
  task.outcome = 'done';
  return digest;
}

/**
 * An archive of what a registry has, streamed: an OCI layout, or Docker's form, which holds one
 * platform. `name` is what it is called there.
 */
export async function copyToArchive(
  connections: Connections,
  what: RemoteCopy,
  { form, name }: ArchiveTarget,
  call: CallOptions,
): Promise<Bytes> {
  const own = form === 'docker' ? hostPlatform(process.arch) : undefined;
  const source = await opened(connections, { ...what, platform: what.platform ?? own }, call);
  const archive = new DockerArchive(form);
  const reference: Reference = withDefaultTag(parseReference(name ?? what.from));
  const names = reference.tag === undefined ? [] : [canonicalName(reference)];
  // Layers move when the archive is read; that is the progress to tell.
  await copy(source, archive.destination(names), call.signal ? { signal: call.signal } : {});
  return archiveTar(archive, call);
}

async function opened(
  connections: Connections,
  { from, platform }: RemoteCopy,
  call: CallOptions,
): Promise<RegistrySource> {
  const repository = openRepository(connections, parseReference(from));
  if (!platform) return new RegistrySource(repository);
  return new RegistrySource(repository, (await remoteImage(repository, platform, call)).manifest);
}

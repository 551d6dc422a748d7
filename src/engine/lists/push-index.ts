import { together } from '../../base/limit.ts';
import type { CallOptions } from '../../base/progress.ts';
import { reporter } from '../../base/reporter.ts';
import { parseReference, type Reference, repositoryName } from '../../oci/reference.ts';
import type { Connections } from '../../registry/connection.ts';
import type { RemoteManifest } from '../../registry/manifests.ts';
import { RegistryDestination } from '../../registry/registry-destination.ts';
import { RegistrySource } from '../../registry/registry-source.ts';
import { openRepository } from '../../registry/repository.ts';
import { copy } from '../../transport/copy.ts';
import { layerProgress } from '../images/layer-progress.ts';
import type { ListMember } from '../list-types.ts';

/** Blobs that move at the same time, for one member. */
const PARALLEL = 4;

/**
 * Puts a manifest under tags of one repository, after the members that it needs and that come
 * from elsewhere. Within one registry blobs do not travel.
 */
export async function pushIndex(
  connections: Connections,
  { root, members }: { readonly root: RemoteManifest; readonly members: readonly ListMember[] },
  targets: readonly (Reference & { readonly tag?: string })[],
  call: CallOptions,
): Promise<void> {
  const [first] = targets;
  if (!first) return;
  const repository = openRepository(connections, first, { push: true });
  const home = repositoryName(first);
  const foreign = new Map(
    members
      .filter(({ from }) => repositoryName(parseReference(from)) !== home)
      .map((member) => [member.digest, member]),
  );
  const stop = new AbortController();
  const signal = call.signal ? AbortSignal.any([call.signal, stop.signal]) : stop.signal;
  await together(
    [...foreign.values()].map(async (member) => {
      using task = reporter(call.progress).begin(`pushing ${member.from} to ${repository.label}`, {
        kind: 'step',
      });
      const source = new RegistrySource(openRepository(connections, parseReference(member.from)));
      const progress = layerProgress(call.progress, task.id);
      await copy(source, new RegistryDestination(repository), {
        signal,
        progress,
        concurrency: PARALLEL,
      });
      task.outcome = 'done';
    }),
    stop,
  );
  await repository.putTags(
    root,
    targets.flatMap(({ tag }) => tag ?? []),
    call,
  );
}

import { InvalidInputError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import { reporter } from '../../base/reporter.ts';
import { hostPlatform } from '../../oci/platform.ts';
import { parseReference } from '../../oci/reference.ts';
import { type Connections, openConnections } from '../../registry/connection.ts';
import type { RegistrySettings } from '../../registry/settings.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Store } from '../../store/store.ts';
import { chosenSource } from '../../transport/chosen-source.ts';
import { convertedSource } from '../../transport/converted-source.ts';
import type { Copied, CopyRequest, CopySource, CopyTarget } from '../copy-types.ts';
import { layerProgress } from '../images/layer-progress.ts';
import { checkNew } from '../images/save-directory.ts';
import { deliver, placeName } from './deliver.ts';
import { type CopyParts, openSource } from './sources.ts';

/** What copying works with. */
export interface CopyImageParts {
  readonly store: Store;
  readonly snapshotter: () => Promise<Snapshotter>;
  readonly connections: () => Promise<Connections>;
  readonly settings?: RegistrySettings | undefined;
}

/**
 * Copies an image, or an index with all of its images, from one place to another: manifests
 * and layers byte for byte, unless another format is asked for. Nothing half-copied can be seen.
 *
 * Throws RemoteNotFoundError, RegistryAccessError, RegistryError, NetError, ImageNotFoundError,
 * InvalidArchiveError, UnsupportedImageError, OutputError.
 */
export async function copyImage(
  parts: CopyImageParts,
  request: CopyRequest,
  call: CallOptions = {},
): Promise<Copied> {
  const { from, to, format } = request;
  const { store } = parts;
  const title = `copying ${placeName(from)} to ${placeName(to)}`;
  using task = reporter(call.progress).begin(title, { kind: 'step' });
  if (to.kind === 'dir') checkNew(to.path);
  checkReferrers(request);
  using lease = store.lease('copy');
  using open = new DisposableStack();
  const own: CopyParts = { store, snapshotter: parts.snapshotter, lease, open };
  const toRegistry = to.kind === 'registry';
  // A Docker archive is for programs that know one platform.
  const single = to.kind === 'archive' && to.form === 'docker' && request.all !== true;
  const wish = {
    connections: await waysTo(parts, from, request, open),
    platform: request.platform,
    single,
    packed: toRegistry,
  };
  const opened = await openSource(own, from, wish, call);
  const { missing = [] } = opened;
  if (missing.length > 0) {
    reporter(call.progress).warn({
      code: 'PlatformsMissing',
      message: `${placeName(from)} is copied without what is not here: ${missing.join(', ')}`,
    });
  }
  let { source } = opened;
  const platform = request.platform ?? (single ? hostPlatform(process.arch) : undefined);
  const found = await source.root(call);
  if (platform) source = await chosenSource(source, platform, call);
  const before = await source.root(call);
  // Wherever it goes: who reads it there takes it for checked.
  await opened.admit?.(found.digest, before.digest);
  const pack = toRegistry && from.kind === 'archive' && from.form === 'docker';
  if (format || pack) {
    const { select } = opened;
    const conversion = { family: format, select, ...(pack && { pack: lease.directory }) };
    source = await convertedSource(source, conversion, call);
  }
  const { mediaType, digest, size } = await source.root(call);
  if (format && digest !== before.digest) {
    reporter(call.progress).warn({
      code: 'DigestChanged',
      message: `in the format ${format} the digest is ${digest}; it was ${before.digest}`,
    });
  }
  const connections = await waysTo(parts, to, request, open);
  const root = { mediaType, digest, size };
  const moving = { ...call, progress: layerProgress(call.progress, task.id) };
  await deliver({ ...own, connections }, { ...opened, source, root }, request, moving);
  if (request.referrers && to.kind === 'registry' && opened.repository && connections) {
    const { copyReferrers } = await import('./referrers.ts');
    const { openRepository } = await import('../../registry/repository.ts');
    const target = openRepository(connections, parseReference(to.name), { push: true });
    await copyReferrers(opened.repository, target, root, moving);
  }
  task.outcome = 'done';
  return { mediaType, digest, size };
}

/** What refers to an image does so by its digest, and registries alone know of it. */
function checkReferrers({ referrers, from, to, format }: CopyRequest): void {
  if (referrers !== true) return;
  if (from.kind !== 'registry' || to.kind !== 'registry') {
    throw new InvalidInputError('referrers can be copied from one registry to another only');
  }
  if (format) {
    throw new InvalidInputError('another format has another digest, to which nothing refers', {
      hint: 'Leave out --format, or --referrers.',
    });
  }
}

/** The way to the registry of a place, where it is one. */
async function waysTo(
  parts: CopyImageParts,
  place: CopySource | CopyTarget,
  { tries }: CopyRequest,
  open: DisposableStack,
): Promise<Connections | undefined> {
  if (place.kind !== 'registry') return undefined;
  const { credentials, tlsVerify, certificateFolder, name } = place;
  const isOwn = credentials ?? tlsVerify ?? certificateFolder ?? tries;
  if (isOwn === undefined) return parts.connections();
  const { registry } = parseReference(name);
  const { settings = {} } = parts;
  return open.use(
    openConnections({
      ...settings,
      tries: tries ?? settings.tries,
      ...(tlsVerify !== undefined && { tlsVerify }),
      ...(certificateFolder !== undefined && { certificateFolder }),
      ...(credentials && { credentials: { registry, ...credentials } }),
    }),
  );
}

import { fakeNetworks } from './fake-networks.ts';
import { once } from '../../base/bytes.ts';
import type { SavedArchive } from '../../engine/archive-types.ts';
import { setImmediate } from 'node:timers/promises';
import { InvalidInputError, StaveError } from '../../base/errors.ts';
import { reporter } from '../../base/reporter.ts';
import { ATTESTATIONS } from './fake-attestations.ts';
import { fakeContainers } from './fake-containers.ts';
import { EVENTS, HISTORY, IMAGES } from './fake-things.ts';
import { NoSuchThing } from './no-such-thing.ts';
import { NO_LAYERS } from './fake-understanding.ts';
import { CACHE, DISK, HELD } from './fake-usage.ts';
import { FAKE_VOLUMES } from './fake-volumes.ts';
import type { ImagePruneRequest } from '../../engine/prune-types.ts';
import type { CachePruneRequest } from '../../engine/system-types.ts';
import type { CreateRequest } from '../../engine/create-request.ts';
import type {
  Engine,
  HistoryRow,
  ImageDetails,
  ImageFilter,
  ImportRequest,
} from '../../engine/engine.ts';
import type { BuildRequest } from '../../engine/build-types.ts';
import { check, noBase, outline, targets } from '../../engine/dockerfile-calls.ts';
import { parseDigest } from '../../oci/digest.ts';

/** What was asked of a fake engine. */
export interface Asked {
  readonly filters: (ImageFilter & { readonly all?: boolean })[];
  readonly imagePrunes: ImagePruneRequest[];
  readonly builds: BuildRequest[];
  readonly runs: CreateRequest[];
  readonly imports: ImportRequest[];
  /** What its networks were asked to do. */
  readonly networks: unknown[];
  readonly prunes: CachePruneRequest[];
  readonly pulls: string[];
  readonly logins: {
    readonly server: string | undefined;
    readonly username: string;
    readonly password: string;
  }[];
  readonly removed: { readonly name: string; readonly force?: boolean; readonly prune?: boolean }[];
}

const UNUSED = parseDigest(`sha256:${'8f45'.padEnd(64, '0')}`);

/** An engine in memory that answers as recorded, and keeps what it was asked. */
export function fakeEngine(): { readonly engine: Engine; readonly asked: Asked } {
  const asked: Asked = {
    filters: [],
    builds: [],
    runs: [],
    imports: [],
    networks: [],
    prunes: [],
    imagePrunes: [],
    pulls: [],
    logins: [],
    removed: [],
  };
  const find = (name: string): ImageDetails => {
    const found = IMAGES.find(
      ({ id, tags }) =>
        tags.includes(name) || tags.includes(`${name}:latest`) || id.slice(7).startsWith(name),
    );
    if (!found) throw new NoSuchThing('IMAGE_NOT_FOUND', `No such image: ${name}`);
    return found;
  };
  const named = (name: string, reference: string): boolean =>
    name === reference || name.slice(0, name.lastIndexOf(':')) === reference;

  const engine: Engine = {
    recordings: {
      has: async () => false,
      draft: async () => ({ dockerfile: '', files: [], commands: [], warnings: [] }),
      write: async () => ({ dockerfile: '', files: [], commands: [], warnings: [] }),
      check: async () => {
        throw new Error('no draft is built here');
      },
    },
    registries: {
      named: async (server = 'docker.io') => server,
      async login(server, credentials) {
        asked.logins.push({ server, ...credentials });
        return { path: '/home/.docker/config.json', helper: undefined, changed: true };
      },
      user: async () => undefined,
      knownUser: async () => undefined,
      logout: async () => {},
      async manifest(name) {
        const { mediaType, digest } = find(name).manifest;
        return { fullName: name, mediaType, digest, bytes: Buffer.from('{}'), entries: undefined };
      },
      history: async () => [],
      async *tags() {
        yield* ['v1', 'v2'];
      },
      search: async ({ term }) => [
        { name: term, description: 'What was looked for', stars: 5, official: true },
      ],
      remove: async (name) => find(name).manifest.digest,
      platform: async () => undefined,
      details: async (name) => ({ name, manifest: { digest: find(name).manifest.digest } }),
      async *diagnose() {
        yield { step: 'name', outcome: 'ok', text: 'registry.example.com' };
      },
    },
    ...FAKE_VOLUMES,
    commit: async ({ container }) => find(container).id,
    trust: {
      async sign({ name }) {
        const { digest } = find(name).manifest;
        return [{ digest, place: `${name}:signature`, isNew: true }];
      },
      async verify({ name }) {
        const { digest } = find(name).manifest;
        const signature = { format: 'cosign', annotations: {}, signer: 'key.pub' } as const;
        return { name: `${name}@${digest}`, digest, signatures: [signature] };
      },
      verifyStored: async () => {},
      isEncrypted: async () => false,
      generateKeys: async () => ({ privateKey: 'private', publicKey: 'public' }),
    },
    attestations: ATTESTATIONS,
    freshness: {
      async rebase({ image }) {
        const layers = { own: 1, before: 1, after: 1 };
        return { id: find(image).id, layers, kept: [], conflicts: [], from: find(image).id };
      },
      outdated: async () => ({ images: [], order: [] }),
    },
    lists: {
      create: async (name) => `docker.io/library/${name}`,
      annotate: async () => {},
      get: async () => undefined,
      push: async (name) => ({ digest: find(name).manifest.digest, members: [] }),
      remove: async () => {},
      async combine({ sources: [name = ''], tags = [] }) {
        return { root: find(name).manifest, bytes: Buffer.from('{}'), tags };
      },
    },
    images: {
      async list(filter = {}) {
        asked.filters.push(filter);
        const { reference } = filter;
        return IMAGES.flatMap((one) => {
          const tags = one.tags.filter((name) => reference?.some((r) => named(name, r)) ?? true);
          return reference && tags.length === 0 ? [] : [{ ...one, tags }];
        });
      },
      async copy({ from, to }) {
        const { mediaType, digest, size } = find('name' in from ? (from.name ?? '') : '').manifest;
        if (to.kind === 'archive') await to.write(archive('archive'));
        return { mediaType, digest, size };
      },
      listTrees: async () =>
        IMAGES.map(({ id, tags, size }) => ({
          id,
          names: tags,
          size,
          content: 0,
          inUse: false,
          platforms: [],
        })),
      ...NO_LAYERS,
      inspect: async (name) => find(name),
      lint: async () => [],
      audit: async () => ({ findings: [], layers: 1, truncated: false }),
      async history(name) {
        const { id, created } = find(name);
        return HISTORY.map(([createdBy, size], i): HistoryRow => ({
          id: i === 0 ? id : undefined,
          created,
          createdBy,
          size,
          comment: 'buildkit.dockerfile.v0',
        }));
      },
      async pull({ name }) {
        asked.pulls.push(name);
        const { id, manifest } = IMAGES[0]!;
        return {
          id,
          digest: manifest.digest,
          isNew: true,
          name,
          fullName: `docker.io/library/${name}`,
        };
      },
      async push({ name }) {
        const { digest, size } = find(name).manifest;
        return [{ name, digest, size }];
      },
      async tag(source) {
        find(source);
      },
      async remove(name, options = {}) {
        asked.removed.push({ name, ...options });
        return [{ untagged: name }, { deleted: find(name).id }];
      },
      async removeAll(names, options = {}) {
        return names.map((name) => {
          asked.removed.push({ name, ...options });
          try {
            return { events: [{ untagged: name }, { deleted: find(name).id }] };
          } catch (error) {
            if (!(error instanceof StaveError)) throw error;
            return { error };
          }
        });
      },
      async untag(name) {
        find(name);
        return name;
      },
      async exists(name) {
        return IMAGES.some(({ tags }) => tags.includes(name));
      },
      async prune(request = {}) {
        asked.imagePrunes.push(request);
        return { removed: [{ deleted: UNUSED }], bytes: 1_982_256 };
      },
      async planPrune(request = {}) {
        asked.imagePrunes.push(request);
        const [image] = IMAGES;
        const used = new Date('2026-11-21T07:03:00Z');
        const staying = [
          { id: image!.id, names: image!.tags, size: image!.size, used, why: 'it has a name' },
        ];
        return {
          going: [{ id: UNUSED, names: [], size: 1_982_256, used, why: 'dangling' }],
          staying,
          removed: [{ deleted: UNUSED }],
          bytes: 1_982_256,
        };
      },
      async save(names) {
        names.forEach(find);
        return archive('archive');
      },
      async saveDirectory(names) {
        names.forEach(find);
      },
      inventory: () => Promise.resolve({ blobs: [], layers: [], chains: [] }),
      async load() {
        const id = parseDigest(`sha256:${'b282'.padEnd(64, '0')}`);
        return [
          { id, names: ['app:v1', 'myapp:v1'] },
          { id, names: [] },
        ];
      },
      async import(_, request = {}) {
        asked.imports.push(request);
        return parseDigest(`sha256:${'dd45'.padEnd(64, '0')}`);
      },
    },
    networks: fakeNetworks(asked.networks),
    containers: fakeContainers(asked.runs),
    system: {
      async *examine(caller) {
        yield { what: 'runtime', outcome: 'ok', text: 'crun 1.8.1' };
        if (caller === 0) return;
        yield { what: 'init', outcome: 'note', text: 'none', hint: 'apt-get install catatonit' };
        yield { what: 'subuid', outcome: 'failed', text: '0 IDs', hint: 'usermod' };
      },
      boot: () => Promise.reject(new Error('nobody asks for this')),
      info: async () => ({
        version: '1.2.3',
        root: '/store',
        storeId: '0123456789ab',
        images: IMAGES.length,
        containers: { running: 1, stopped: 1 },
        storageDriver: 'overlay',
        fileSystem: 'extfs',
        runtime: { name: 'crun', path: '/usr/bin/crun', version: '1.8.1' },
        runtimeNotes: ['hybrid cgroups: v2 part hidden'],
        cgroups: 'hybrid',
        rootless: false,
        kernel: '6.18.0',
        operatingSystem: 'Debian GNU/Linux 12 (bookworm)',
        architecture: 'x86_64',
        cpus: 2,
        memory: 25_272_000_512,
        node: 'v24.21.0',
        warnings: [],
      }),
      check: async () => ({
        images: 3,
        blobs: 6,
        layers: 2,
        problems: [
          {
            kind: 'blob',
            key: 'sha256:aa',
            what: 'content does not match its digest',
            repaired: false,
          },
        ],
      }),
      cacheUsage: async () => CACHE,
      diskUsage: async () => DISK,
      whySpace: async () => HELD,
      async *events() {
        yield* EVENTS;
      },
      async pruneCache(request = {}) {
        asked.prunes.push(request);
        return { bytes: 4096, removed: CACHE.entries };
      },
    },
    contexts: {
      list: async () => ({ entries: [], dockerfile: 'Dockerfile' }),
      explain: async (_, paths) =>
        paths.map((path) => ({ path, state: 'included' as const, usedBy: [3] })),
    },
    async verify(name) {
      const { id } = find(name);
      return { identical: true, image: id, rebuilt: id, layers: [], config: [], onlyTimes: false };
    },
    check: async (request) => check(request, noBase),
    outline: async (request) => outline(request, noBase),
    targets: async (request) => targets(request),
    async build(request, { progress } = {}) {
      asked.builds.push(request);
      await setImmediate();
      const report = reporter(progress);
      if (request.target === 'failing') {
        using step = report.begin('[1/1] RUN exit 7', { kind: 'step' });
        step.log('stderr', 'no\n');
        throw new InvalidInputError('process did not complete', { detail: 'Dockerfile:1\n' });
      }
      return {
        id: parseDigest(`sha256:${'3a64'.padEnd(64, '0')}`),
        manifest: {
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          digest: parseDigest(`sha256:${'56c7'.padEnd(64, '0')}`),
          size: 736,
        },
        images: [],
        names: ['base:1'],
        steps: 2,
        cached: 0,
      };
    },
    async [Symbol.asyncDispose]() {},
  };
  return { engine, asked };
}

function archive(text: string): SavedArchive {
  const data = Buffer.from(text);
  const bytes = once(data);
  return {
    [Symbol.asyncIterator]: () => bytes[Symbol.asyncIterator](),
    pour: (sink) => Promise.resolve(sink(data)),
  };
}

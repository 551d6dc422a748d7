import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ProgressEvent } from '../../base/progress.ts';
import type { LayerFile } from '../../layer/file-table.ts';
import type { ImageConfig } from '../../oci/image-config.ts';
import { digestOf, type DiffId } from '../../oci/digest.ts';
import { parseConfig } from '../../oci/parse-config.ts';
import type { RunSettings } from '../run-settings.ts';
import { overlaySnapshotter } from '../../snapshot/overlay.ts';
import { openStore } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import type { ProcessSpec } from '../../runtime/executor.ts';
import type { BaseImage } from '../frontend/frontend-types.ts';
import { buildImage } from '../build.ts';
import type { BuildInput, Built } from '../build-input.ts';

/** Options of tests that make layers. */
export const root =
  process.getuid?.() === 0 ? {} : { skip: 'layers keep owners, which needs root' };
const PLATFORM = { os: 'linux', architecture: 'amd64' };
/** A build that is given nothing and allowed everything. */
export const RUN: RunSettings = {
  secrets: new Map(),
  ssh: new Map(),
  allow: { hostNetwork: true, insecure: true, devices: true },
  rlimits: [],
  cgroup: undefined,
  noNewPrivileges: false,
  unfiltered: false,
};

/** What a RUN does: something to the store or to its upper directory; it ends well. */
export type Meanwhile = (store: Store, upper: string, process: ProcessSpec) => Promise<void>;

/** A store, a context and a way to build in it, gone with the test. */
export interface Bench {
  readonly store: Store;
  /** What lies in the store's scratch and among its leases. */
  readonly scratch: () => string[];
  readonly path: (relative: string) => string;
  /** Forgets results whose place in the build this is true of. */
  readonly forget: (where: (place: string) => boolean) => void;
  readonly write: (path: string, text: string) => void;
  readonly build: (
    dockerfile: string,
    input?: Partial<BuildInput>,
    meanwhile?: Meanwhile,
    bases?: Readonly<Record<string, BaseImage>>,
  ) => Promise<Built & { config: ImageConfig; events: ProgressEvent[] }>;
  /** The entries of one of an image's layers, counted from the last one (-1), in tar order. */
  readonly layer: (config: ImageConfig, index?: number) => LayerFile[];
  /** The same as text: `0755 0:0 directory a/b`, with the target of a link. */
  readonly listing: (config: ImageConfig, index?: number) => string[];
}

/** Values from outside have no prototype; for comparing it does not matter. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function lineOf({ path, type, mode, uid, gid, linkTarget }: LayerFile): string {
  const target = linkTarget ? ` -> ${Buffer.from(linkTarget).toString()}` : '';
  const bits = mode.toString(8).padStart(4, '0');
  return `${bits} ${uid}:${gid} ${type} ${Buffer.from(path).toString()}${target}`;
}

/** Makes a {@link Bench}. */
export function bench(t: { after(end: () => void): void }): Bench {
  const directory = mkdtempSync(join(tmpdir(), 'build-test-'));
  const context = join(directory, 'context');
  mkdirSync(context);
  const store = openStore(join(directory, 'store'));
  const snapshotter = overlaySnapshotter(store);
  const layer = (config: ImageConfig, index = -1): LayerFile[] => [
    ...snapshotter.files(config.rootfs.diff_ids.at(index) as DiffId),
  ];
  t.after(() => {
    store[Symbol.dispose]();
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    store,
    scratch: () =>
      [...readdirSync(store.paths.tmp), ...readdirSync(store.paths.leases)].filter(
        (name) => !name.startsWith('.'),
      ),
    layer,
    listing: (config, index) => layer(config, index).map(lineOf),
    forget(where) {
      store.write(({ cache }) => {
        for (const { key, place } of cache.list()) if (where(place)) cache.remove(key);
      });
    },
    path: (relative) => join(context, relative),
    write(path, text) {
      const file = join(context, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    },
    async build(dockerfile, input = {}, meanwhile, bases = {}) {
      const events: ProgressEvent[] = [];
      const built = await buildImage(
        {
          context,
          dockerfile: { text: dockerfile },
          names: [],
          args: new Map(),
          labels: {},
          contexts: new Map(),
          target: undefined,
          platform: PLATFORM,
          buildPlatform: PLATFORM,
          network: 'none',
          extraHosts: [],
          uncached: () => false,
          sourceDateEpoch: undefined,
          shmSize: undefined,
          run: RUN,
          parallel: 8,
          ...input,
        },
        {
          store,
          snapshotter,
          executor: () =>
            meanwhile
              ? Promise.resolve({
                  runtime: { name: 'crun', path: '', version: '', notes: [] },
                  soon: () => undefined,
                  run: (process) =>
                    meanwhile(store, process.root.upper, process).then(() => ({ code: 0 })),
                  [Symbol.asyncDispose]: () => Promise.resolve(),
                })
              : Promise.reject(new Error('nothing runs in this test')),
          resolve: () => (name) => {
            const base = bases[name];
            if (base) return base;
            throw new Error(`no base image ${name}`);
          },
        },
        { progress: (event) => events.push(event) },
      );
      return {
        ...built,
        /** Of the first platform; only where the store got the image. */
        get config() {
          return plain(parseConfig(store.blobs.readSync(built.images[0]?.id ?? built.id)));
        },
        events,
      };
    },
  };
}

/** A base image of no layers, whose manifest is made of these. */
export function image(name: string, revision: string, env: readonly string[] = []): BaseImage {
  return {
    name: `docker.io/library/${name}:latest`,
    manifest: digestOf(`${name} ${revision} ${env.join()}`),
    layers: [],
    config: {
      architecture: 'amd64',
      os: 'linux',
      config: { Env: ['PATH=/bin', ...env] },
      rootfs: { type: 'layers', diff_ids: [] },
    },
    platform: { os: 'linux', architecture: 'amd64' },
  };
}

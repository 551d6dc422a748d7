import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ProgressEvent } from '../../src/base/progress.ts';
import type { BuildRequest } from '../../src/engine/build-types.ts';
import { openEngine } from '../../src/engine/open-engine.ts';
import type { Digest, DiffId } from '../../src/oci/digest.ts';
import { parseConfig } from '../../src/oci/parse-config.ts';
import { overlaySnapshotter } from '../../src/snapshot/overlay.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { putImage } from './busybox-image.ts';
import { busyboxRoot } from './busybox-root.ts';

/** A build that really runs its steps. */
export interface Ran {
  readonly id: Digest;
  /** All that its steps printed. */
  readonly log: string;
  readonly cached: number;
  /** Why steps ran, one line each. */
  readonly reasons: readonly string[];
  /** Paths in the last layer, sorted; a slash marks directories. */
  readonly added: readonly string[];
}

/** A store with the image `base`, a context, and builds in it; gone with the test. */
export interface RunBench {
  readonly directory: string;
  readonly root: string;
  readonly store: Store;
  readonly path: (relative: string) => string;
  readonly write: (path: string, text: string, mode?: number) => void;
  readonly build: (
    dockerfile: string,
    request?: Partial<BuildRequest>,
    signal?: AbortSignal,
  ) => Promise<Ran>;
}

/** Makes a {@link RunBench}. The process takes mounts of its own, as the command line does. */
export async function runBench(t: TestContext): Promise<RunBench> {
  const directory = mkdtempSync(join(tmpdir(), 'stave-run-'));
  const [root, context] = [join(directory, 'store'), join(directory, 'context')];
  mkdirSync(context, { mode: 0o755 });
  const store = openStore(root);
  t.after(() => {
    store[Symbol.dispose]();
    rmSync(directory, { recursive: true, force: true });
  });
  await putImage(store, 'base:latest', busyboxRoot(join(directory, 'base')), {
    Env: ['PATH=/bin'],
  });
  const snapshotter = overlaySnapshotter(store);
  return {
    directory,
    root,
    store,
    path: (relative) => join(context, relative),
    write(path, text, mode = 0o644) {
      mkdirSync(dirname(join(context, path)), { recursive: true });
      writeFileSync(join(context, path), text, { mode });
    },
    async build(dockerfile, request = {}, signal) {
      await using engine = await openEngine({ root, ownProcess: true });
      const events: ProgressEvent[] = [];
      const built = await engine.build(
        { context, dockerfile: { text: dockerfile }, network: 'none', ...request },
        { progress: (event) => events.push(event), ...(signal && { signal }) },
      );
      const config = parseConfig(store.blobs.readSync(built.id));
      const last = config.rootfs.diff_ids.at(-1) as DiffId;
      return {
        id: built.id,
        cached: built.cached,
        log: events.map((event) => (event.type === 'log' ? event.text : '')).join(''),
        reasons: events.flatMap((event) =>
          event.type === 'note' && event.reason && event.reason.kind !== 'cached'
            ? [event.reason.text]
            : [],
        ),
        added: [...snapshotter.files(last)]
          .map(({ path, type }) => path.toString() + (type === 'directory' ? '/' : ''))
          .sort(),
      };
    },
  };
}

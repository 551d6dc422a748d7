import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import type { Containers } from '../../src/engine/container-types.ts';
import type { CreateRequest } from '../../src/engine/create-request.ts';
import { containersOf } from '../../src/engine/containers/containers.ts';
import { overlaySnapshotter } from '../../src/snapshot/overlay.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { putImage } from './busybox-image.ts';
import { busyboxRoot } from './busybox-root.ts';

const PROGRAM = join(import.meta.dirname, 'run-container.ts');

/** What a container said, and how it ended. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A store with the image `base:1`: busybox, and `/data/deep/file`. */
export interface ContainerBench extends AsyncDisposable {
  readonly scratch: string;
  readonly store: Store;
  readonly containers: Containers;
  /** Runs `sh -c script` to its end; the container stays unless `remove` is set. */
  sh(script: string, request?: Partial<CreateRequest>): Ran;
  /** Starts `sh -c script` and returns when it has said `ready`. */
  start(name: string, script: string, request?: Partial<CreateRequest>): Promise<void>;
}

/** Makes a {@link ContainerBench}; its containers are real ones. Needs root. */
export async function containerBench(): Promise<ContainerBench> {
  const scratch = mkdtempSync(join(tmpdir(), 'stave-bench-'));
  const root = join(scratch, 'store');
  const base = busyboxRoot(join(scratch, 'base'));
  mkdirSync(join(base, 'data/deep'), { recursive: true });
  writeFileSync(join(base, 'data/deep/file'), 'from the image\n');
  const store = openStore(root);
  await putImage(store, 'base:1', base, { Env: ['PATH=/bin', 'COLOUR=red'], Cmd: ['sh'] });
  const containers = containersOf({
    store,
    snapshotter: () => Promise.resolve(overlaySnapshotter(store)),
    clock: systemClock,
    runtime: () => Promise.reject(new Error('runs in a process of its own')),
    program: [],
    helper: [],
  });
  const children: ReturnType<typeof spawn>[] = [];
  const asked = (script: string, request: Partial<CreateRequest>): string[] => {
    const full: CreateRequest = {
      image: 'base:1',
      networks: [{ name: 'none' }],
      command: ['sh', '-c', script],
      ...request,
    };
    return [PROGRAM, root, JSON.stringify(full)];
  };
  return {
    scratch,
    store,
    containers,
    sh(script, request = {}) {
      const { status, stdout, stderr } = spawnSync(process.execPath, asked(script, request), {
        encoding: 'utf8',
      });
      return { code: status, stdout, stderr };
    },
    async start(name, script, request = {}) {
      const child = spawn(process.execPath, asked(script, { name, ...request }), {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.push(child);
      for await (const chunk of child.stdout) if (String(chunk).includes('ready')) break;
    },
    async [Symbol.asyncDispose]() {
      for (const { name } of await containers.list({ all: true })) {
        await containers.remove(name, { force: true, volumes: true });
      }
      for (const child of children) {
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      }
      store[Symbol.dispose]();
      rmSync(scratch, { recursive: true });
    },
  };
}

import { randomFillSync } from 'node:crypto';
import { closeSync, cpSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import {
  bigFiles,
  build,
  cached,
  changed,
  cold,
  runs,
  sleeps,
  smallFiles,
  unchanged,
} from './builds.ts';
import { containerWorkloads } from './containers.ts';
import { must, type Contender } from './contenders.ts';
import { imageWorkloads } from './images.ts';
import { load, loadMany, prune, save } from './images-moving.ts';
import { registryWorkloads } from './moving-registries.ts';
import type { Workload } from './workload.ts';

const nothing = (): void => {};

/** The demo's image again, with nothing changed. */
function cachedDemo(work: string, top: string): Workload {
  const context = join(work, 'hello-c');
  cpSync(join(top, 'examples/hello-c'), context, { recursive: true });
  const args = (contender: Contender): string[] =>
    build(contender, context, 'bench-hello', '--network', 'host');
  return {
    name: 'demo',
    what: 'the demo built again, nothing changed',
    prepare: (contender) => void must(contender.command(args(contender)), contender.env),
    args,
  };
}

/** A gigabyte through COPY and another through RUN. */
function heavy(work: string): Workload {
  const context = join(work, 'heavy');
  mkdirSync(context, { recursive: true });
  const block = Buffer.alloc(1 << 20);
  const fd = openSync(join(context, 'big'), 'w');
  for (let i = 0; i < 1024; i++) writeSync(fd, randomFillSync(block));
  closeSync(fd);
  writeFileSync(
    join(context, 'Dockerfile'),
    'FROM bench-base\nCOPY big /big\nRUN cat /big >/again\n',
  );
  return {
    name: 'memory',
    what: 'peak memory of a build with two layers of 1 GiB (own processes, daemons included)',
    prepare: nothing,
    args: (contender) =>
      build(contender, context, 'bench-heavy', '--no-cache', '--network', 'none'),
    after: ({ name }) => [
      ['rmi', '-f', 'bench-heavy'],
      // Podman's builder cache is its images: pruning it all would take the base too.
      ['podman', 'buildah'].includes(name) ? ['image', 'prune', '-f'] : ['builder', 'prune', '-af'],
    ],
    memory: true,
  };
}

/** Commands that do next to nothing: what is measured is the start. */
function small(name: string): Workload {
  return {
    name,
    what: `\`${name}\``,
    prepare: nothing,
    args: () => [name],
    startup: true,
  };
}

/** Those whose name matches, in the order of the report. */
export function workloads(work: string, top: string, wanted: RegExp): Workload[] {
  const makers: Record<string, () => Workload> = {
    version: () => small('version'),
    images: () => small('images'),
    ...containerWorkloads,
    demo: () => cachedDemo(work, top),
    cached: () => cached(work),
    cold: () => cold(work),
    unchanged: () => unchanged(work),
    changed: () => changed(work),
    'copy-big': () => bigFiles(work),
    'copy-small': () => smallFiles(work),
    runs: () => runs(work),
    sleeps: () => sleeps(work),
    memory: () => heavy(work),
    ...imageWorkloads(work),
    save: () => save(work),
    'save-memory': () => save(work, true),
    load: () => load(work),
    'load-memory': () => load(work, true),
    'load-1000': () => loadMany(work),
    prune: () => prune(work),
    ...registryWorkloads(work, top),
  };
  return Object.entries(makers)
    .filter(([name]) => wanted.test(name))
    .map(([, make]) => make());
}

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

/** A container that ends at once. */
function run(): Workload {
  return {
    name: 'run',
    what: '`run --rm --network none … true`',
    prepare: nothing,
    args: ({ runFlags }) => ['run', '--rm', '--network', 'none', ...runFlags, 'bench-base', 'true'],
  };
}

/** A look at two hundred containers, which each contender makes once. */
function ps(): Workload {
  const made = new Set<string>();
  return {
    name: 'ps',
    what: '`ps -a`, 200 containers',
    prepare(contender) {
      const { name, env, runFlags } = contender;
      if (name === 'empty Node' || made.has(name)) return;
      made.add(name);
      const args = ['create', '--network', 'none', ...runFlags, 'bench-base', 'true'];
      for (let n = 0; n < 200; n++) must(contender.command(args), env);
    },
    args: () => ['ps', '-a'],
    startup: true,
  };
}

/** An image of a container that made 5,000 files of 2 kB in 50 directories. */
function commit(): Workload {
  const write = 'head -c 2000 /bin/busybox > /made/$d/$f; echo $d $f >> /made/$d/$f';
  const script = `for d in $(seq 50); do mkdir -p /made/$d; for f in $(seq 100); do ${write}; done; done`;
  return {
    name: 'commit',
    what: '`commit` of 5,000 changed files',
    prepare(contender) {
      const { runFlags, env } = contender;
      const args = ['run', '--name', 'changed', '--network', 'none', ...runFlags, 'bench-base'];
      must(contender.command([...args, 'sh', '-c', script]), env);
    },
    args: () => ['commit', 'changed', 'bench-commit'],
    after: () => [['rmi', 'bench-commit']],
  };
}

/** Those whose name matches, in the order of the report. */
export function workloads(work: string, top: string, wanted: RegExp): Workload[] {
  const makers: Record<string, () => Workload> = {
    version: () => small('version'),
    images: () => small('images'),
    run,
    ps,
    commit,
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

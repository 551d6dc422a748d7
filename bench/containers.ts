import { must } from './contenders.ts';
import type { Workload } from './workload.ts';

const MANY = 200;

/** A container that ends at once. */
function run(): Workload {
  return {
    name: 'run',
    what: '`run --rm --network none … true`',
    prepare: () => {},
    args: ({ runFlags }) => ['run', '--rm', '--network', 'none', ...runFlags, 'bench-base', 'true'],
  };
}

/** A command in a container that runs. */
function exec(): Workload {
  return {
    name: 'exec',
    what: '`exec … true` in a container that runs',
    prepare(contender) {
      const { runFlags, env } = contender;
      const args = ['run', '-d', '--name', 'bench-runs', '--network', 'none', ...runFlags];
      must(contender.command([...args, 'bench-base', 'sleep', '3600']), env);
    },
    args: () => ['exec', 'bench-runs', 'true'],
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

/** A look at many containers, which each contender makes once. */
function listMany(): Workload {
  const made = new Set<string>();
  return {
    name: 'ps',
    what: `\`ps -a\`, ${MANY} containers`,
    prepare(contender) {
      const { name, env, runFlags } = contender;
      if (name === 'empty Node' || made.has(name)) return;
      made.add(name);
      const args = ['create', '--network', 'none', ...runFlags, 'bench-base', 'true'];
      for (let i = 0; i < MANY; i++) must(contender.command(args), env);
    },
    args: () => ['ps', '-a'],
    startup: true,
  };
}

/** Workloads on containers, by name. */
export const containerWorkloads: Readonly<Record<string, () => Workload>> = {
  run,
  exec,
  commit,
  ps: listMany,
};

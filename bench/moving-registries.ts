import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './builds.ts';
import { must, type Contender } from './contenders.ts';
import { threeLayers } from './images-moving.ts';
import type { Workload } from './workload.ts';

/** A port that nobody uses, one for each run. */
const PORT = 20_000 + (process.pid % 10_000);
const HOST = `127.0.0.1:${PORT}`;

/** Starts the reference registry on this machine, once; it ends with this process. */
function registry(
  work: string,
  top: string,
): { readonly start: () => void; readonly empty: () => void } {
  const folder = join(work, 'registry');
  let isRunning = false;
  return {
    start() {
      if (isRunning) return;
      isRunning = true;
      const config = {
        version: '0.1',
        log: { level: 'error' },
        storage: { filesystem: { rootdirectory: folder } },
        http: { addr: HOST },
      };
      writeFileSync(`${folder}.yml`, JSON.stringify(config));
      const peers = join(top, 'scripts/peers.sh');
      const argv = ['exec', 'docker-registry', 'serve', `${folder}.yml`];
      const server = spawn(peers, argv, { stdio: 'ignore', detached: true });
      server.unref();
      process.once('exit', () => server.pid !== undefined && process.kill(-server.pid));
      const wait = `until (exec 3<>/dev/tcp/127.0.0.1/${PORT}) 2>/dev/null; do sleep 0.1; done`;
      must(['timeout', '20', 'bash', '-c', wait], process.env);
    },
    empty: () => rmSync(join(folder, 'docker'), { recursive: true, force: true }),
  };
}

/** Without TLS podman wants to be told. */
const insecure = ({ name }: Contender): string[] =>
  name === 'podman' ? ['--tls-verify=false'] : [];

/** `pull` and `push` of an image of 280 MB in three layers, and of what is there already. */
export function registryWorkloads(work: string, top: string): Record<string, () => Workload> {
  const { start, empty } = registry(work, top);
  const context = join(work, 'three-layers');
  let made: ReturnType<typeof threeLayers> | undefined;
  const make = (contender: Contender): void => (made ??= threeLayers(work))(contender);
  const [pulled, pushed] = [`${HOST}/bench/pulled:1`, `${HOST}/bench/pushed:1`];
  const push = (contender: Contender, ...flags: string[]): string[] => [
    'push',
    '-q',
    ...insecure(contender),
    ...flags,
    pushed,
  ];
  const call = (contender: Contender, ...args: string[]): void =>
    void must(contender.command(args), contender.env);
  const prepare = (contender: Contender): void => {
    start();
    call(contender, 'import', join(top, '.demo/debian.tar'), 'debian');
    make(contender);
    call(contender, 'tag', 'bench-moved', pushed);
  };
  /** Nothing of it is compressed any more. */
  const afresh = (contender: Contender): string[][] => {
    empty();
    return [
      ['rmi', '-f', pushed, 'bench-moved', 'debian'],
      contender.name === 'podman' ? ['image', 'prune', '-f'] : ['builder', 'prune', '-af'],
      ['import', join(top, '.demo/debian.tar'), 'debian'],
      build(contender, context, 'bench-moved', '--network', 'none'),
      ['tag', 'bench-moved', pushed],
    ];
  };
  const pull = (contender: Contender): string[] => ['pull', '-q', ...insecure(contender), pulled];
  const fill = (contender: Contender): void => {
    start();
    // The first contender is stave: all others pull what it pushed.
    if (contender.name !== 'stave') return;
    call(contender, 'import', join(top, '.demo/debian.tar'), 'debian');
    make(contender);
    call(contender, 'tag', 'bench-moved', pulled);
    call(contender, 'push', '-q', pulled);
    call(contender, 'rmi', pulled, 'bench-moved', 'debian');
    call(contender, 'builder', 'prune', '-af');
  };
  const what = 'an image of 280 MB in three layers';
  const all: readonly Workload[] = [
    {
      name: 'pull',
      what: `\`pull\` of ${what}, none of which is here`,
      prepare: fill,
      args: pull,
      after: () => [['rmi', pulled]],
    },
    {
      name: 'pull-again',
      what: '`pull` of what is here',
      prepare(contender) {
        fill(contender);
        call(contender, ...pull(contender));
      },
      args: pull,
      startup: true,
    },
    {
      name: 'push-first',
      what: `first \`push\` of ${what}`,
      prepare,
      args: (contender) => push(contender),
      after: afresh,
    },
    {
      name: 'push-zstd',
      what: `first \`push\` of ${what}, stave with zstd`,
      prepare,
      args: (contender) =>
        push(contender, ...(contender.name === 'stave' ? ['--compression', 'zstd'] : [])),
      after: afresh,
    },
    {
      name: 'push-kept',
      what: `\`push\` of ${what}, whose blobs are kept, to an empty registry`,
      prepare(contender) {
        prepare(contender);
        call(contender, ...push(contender));
        empty();
      },
      args: (contender) => push(contender),
      after: () => (empty(), []),
    },
    {
      name: 'push-again',
      what: '`push` of what is there',
      prepare(contender) {
        prepare(contender);
        call(contender, ...push(contender));
      },
      args: (contender) => push(contender),
      startup: true,
    },
  ];
  return Object.fromEntries(all.map((one) => [one.name, () => one]));
}

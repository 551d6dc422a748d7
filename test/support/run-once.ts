import { openExecutor } from '../../src/runtime/open-executor.ts';
import { enterPrivateMounts } from '../../src/sys/namespace.ts';

/** What `run-once.ts` is told by its argument, in JSON. */
export interface RunOnce {
  /** Mount roots in the process itself. */
  readonly inside: boolean;
  readonly scratch: string;
  readonly argv: readonly string[];
  readonly terminal?: boolean;
  readonly stdin?: boolean;
  /** Another run is to be expected. */
  readonly another?: boolean;
}

// Run as a program of its own, for tests that signal or kill the process that runs a container.
const [, , job] = process.argv;
const { inside, scratch, argv, terminal, stdin, another } = JSON.parse(job as string) as RunOnce;
if (inside) enterPrivateMounts();
const executor = await openExecutor({ stateDir: `${scratch}/run`, storeId: 'testonce' });
const status = await executor.run(
  {
    id: 'once',
    root: { lower: [`${scratch}/base`], upper: `${scratch}/upper`, work: `${scratch}/work` },
    argv,
    env: ['PATH=/bin', 'TERM=xterm'],
    cwd: '/',
    user: { uid: 0, gid: 0, additionalGids: [] },
    hostname: 'box',
    mounts: [],
    network: 'none',
    ...(terminal !== undefined && { terminal }),
    ...(stdin !== undefined && { stdin }),
  },
  'inherit',
  { ...(another !== undefined && { another }) },
);
await executor[Symbol.asyncDispose]();
process.exitCode = 'code' in status ? status.code : 200;

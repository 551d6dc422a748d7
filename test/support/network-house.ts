import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { helperPath } from '../../src/sys/helper.ts';
import { canMount } from '../../src/sys/namespace.ts';
import { storeLinks } from '../../src/network/kernel.ts';
import { withNetworkLock } from '../../src/network/lock.ts';
import { openNetworks } from '../../src/network/networks.ts';
import type { ContainerNetworks, PreparedNetwork } from '../../src/network/types.ts';

/** Why these tests cannot run here; undefined where they can. */
export function cannotNetwork(): string | undefined {
  if (!canMount()) return 'needs root';
  const missing = ['ip', 'nft', 'busybox', 'nsenter'].find((one) => helperPath(one) === undefined);
  return missing === undefined ? undefined : `needs ${missing}`;
}

/** A store with its networks, and what containers would be in them. */
export interface NetworkHouse extends AsyncDisposable {
  readonly store: Store;
  readonly stateDir: string;
  readonly networks: ContainerNetworks;
  /** Prepares a network for container `aaa…`, called `ca` for `a`. */
  prepare(
    letter: string,
    request?: Partial<Parameters<ContainerNetworks['prepare']>[1]>,
  ): Promise<PreparedNetwork>;
  /** Starts a process in a container's network that serves its name at port 80; its number. */
  serve(letter: string, prepared: PreparedNetwork): Promise<number>;
  /** What of this store is on the machine: interfaces, tables, name servers. */
  traces(): Promise<string[]>;
}

/** The ID of a container: one hex digit again and again. */
export const idOf = (letter: string): string => letter.repeat(64);

/** Runs a program; what it says, or undefined when it fails. */
export function run(...[program = '', ...args]: readonly string[]): string | undefined {
  try {
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
    return execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe', env, timeout: 20_000 });
  } catch {
    return undefined;
  }
}

/** Runs a program in a container's network. */
export function inside({ netns = '' }: PreparedNetwork, ...argv: string[]): string | undefined {
  return run('nsenter', `--net=${netns}`, ...argv);
}

/** What is served at a URL; undefined when nobody answers. */
export function fetchFrom(prepared: PreparedNetwork | undefined, url: string): string | undefined {
  const argv = ['busybox', 'timeout', '1', 'busybox', 'wget', '-q', '-O', '-', url];
  return prepared ? inside(prepared, ...argv) : run(...argv);
}

/** A process of its own in which a container comes and goes on networks; see `network-worker.ts`. */
export function worker({ store }: NetworkHouse, letter: string, rounds: number): ChildProcess {
  const script = join(import.meta.dirname, 'network-worker.ts');
  return spawn(process.execPath, [script, store.paths.root, letter, String(rounds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Opens a house in a temporary directory. Leaving the scope ends everything. */
export function networkHouse(): NetworkHouse {
  const root = mkdtempSync(join(tmpdir(), 'stave-network-'));
  const store = openStore(root);
  const stateDir = join(root, 'run');
  const networks = openNetworks({ store, stateDir });
  const children: ChildProcess[] = [];
  const prepared: PreparedNetwork[] = [];
  const traces = async (): Promise<string[]> =>
    withNetworkLock(stateDir, async () => {
      const tables = run('nft', 'list', 'tables') ?? '';
      const servers = run('busybox', 'pgrep', '-f', `aardvark-dns --config ${stateDir}`) ?? '';
      return Promise.resolve([
        ...storeLinks(store.id),
        ...tables.split('\n').filter((line) => line.includes(store.id)),
        ...servers.split('\n').filter((line) => line !== ''),
      ]);
    });
  return {
    store,
    stateDir,
    networks,
    traces,
    async prepare(letter, request = {}) {
      const made = await networks.prepare(
        { id: idOf(letter), name: `c${letter}`, hostname: `h${letter}` },
        { networks: [{ name: 'default' }], ...request },
      );
      prepared.push(made);
      return made;
    },
    async serve(letter, { netns = '' }) {
      const folder = join(root, `site-${letter}`);
      mkdirSync(folder);
      writeFileSync(join(folder, 'index.html'), `c${letter}\n`);
      const child = spawn(
        'nsenter',
        [`--net=${netns}`, 'busybox', 'httpd', '-f', '-p', '80', '-h', folder],
        { stdio: 'ignore' },
      );
      children.push(child);
      for (let n = 0; n < 200; n++) {
        const listening = run(
          'nsenter',
          `--net=${netns}`,
          'cat',
          '/proc/net/tcp',
          '/proc/net/tcp6',
        );
        if (listening?.includes(':0050 ') === true) break;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return child.pid ?? 0;
    },
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill('SIGKILL');
      for (const one of prepared) one.closeReserved();
      await networks.reconcile(() => new Set());
      await traces();
      store[Symbol.dispose]();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

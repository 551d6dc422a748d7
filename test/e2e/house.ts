import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeBaseTar } from '../judges/builders.ts';

/** The checkout. */
export const top = join(import.meta.dirname, '../..');
export const program = join(top, 'bin/stave');

/** How a command ended. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs any program to its end, for at most two minutes. */
export function exec(argv: readonly string[], options: RunOptions = {}): Ran {
  const [name = '', ...rest] = argv;
  const done = spawnSync(name, rest, {
    encoding: 'utf8',
    timeout: 120_000,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 28,
    ...options,
  });
  if (done.error) throw done.error;
  return { code: done.status ?? 128, stdout: done.stdout, stderr: done.stderr };
}

/** Why tests that build and run are left out here, if they are. */
export const skip: string | false =
  process.getuid?.() === 0
    ? existsSync(join(top, 'dist/cli/bin.js'))
      ? false
      : 'not built'
    : 'needs root';

/** A store of its own in a temporary folder, and the real program on it. Gone when it leaves its scope. */
export class House implements Disposable {
  readonly directory: string;
  readonly root: string;
  #contexts = 0;

  constructor(directory?: string) {
    this.directory = directory ?? mkdtempSync(join(tmpdir(), 'stave-house-'));
    this.root = join(this.directory, 'store');
  }

  /** The command line for these arguments. */
  command(args: readonly string[]): string[] {
    return [program, '--root', this.root, ...args];
  }

  stave(args: readonly string[], options: RunOptions = {}): Ran {
    return exec(this.command(args), options);
  }

  /** As {@link stave}, but a failure is an error with everything that was said. */
  must(args: readonly string[], options: RunOptions = {}): string {
    const ran = this.stave(args, options);
    if (ran.code !== 0) throw new Error(`stave ${args.join(' ')}: exit ${ran.code}\n${ran.stderr}`);
    return ran.stdout;
  }

  /** Starts without waiting, in a process group of its own. */
  start(args: readonly string[]): ChildProcess {
    const [name = '', ...rest] = this.command(args);
    return spawn(name, rest, { stdio: 'ignore', detached: true });
  }

  /** A folder with these files: a build context. */
  context(files: Readonly<Record<string, string>>): string {
    const folder = join(this.directory, `context-${++this.#contexts}`);
    mkdirSync(folder);
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    return folder;
  }

  /** Imports a small busybox system as the image `base`. */
  base(): void {
    const busybox = existsSync('/bin/busybox') ? '/bin/busybox' : '/usr/bin/busybox';
    const tar = makeBaseTar(this.directory, busybox);
    this.must(['import', '-c', 'ENV PATH=/bin:/usr/bin', tar, 'base']);
  }

  /** What operations that ended or died have left: scratch, leases, half-written blobs. */
  litter(): string[] {
    return ['tmp', 'leases', 'ingest', 'trash'].flatMap((name) => {
      const folder = join(this.root, name);
      // Names with a dot are the store's own marks, which stay.
      const entries = existsSync(folder) ? readdirSync(folder) : [];
      return entries.filter((entry) => !entry.startsWith('.')).map((entry) => `${name}/${entry}`);
    });
  }

  /** Processes that work on this store, or that see a mount of it, in whatever namespace. */
  holders(): string[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .flatMap((pid) => {
        const of = (file: string): string => {
          try {
            return readFileSync(`/proc/${pid}/${file}`, 'latin1').replaceAll('\0', ' ');
          } catch {
            return '';
          }
        };
        const mounted = of('mountinfo').includes(this.root);
        const works = of('cmdline').includes(this.root);
        return mounted || works ? [`${pid} ${of('cmdline')}${mounted ? ' (mounts)' : ''}`] : [];
      });
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** All processes below one, itself first. */
export function treeOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It ended while we looked.
    }
  }
  const found = [pid];
  for (let i = 0; i < found.length; i++) found.push(...(children.get(found[i] ?? 0) ?? []));
  return found;
}

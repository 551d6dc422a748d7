import { spawn } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../base/errors.ts';
import { NamespaceError } from './errors.ts';
import { helperPath } from './helper.ts';
import { lockFile } from './lock.ts';
import { namesIn } from './names-in.ts';
import { readSubordinateIds, type SubordinateIds } from './subordinate-ids.ts';
import { parseIdMap } from './user-namespace.ts';

/** Where a user's namespace is written down. */
export interface NamespacePlace {
  /** Of the user alone; made when it is not there. */
  readonly directory: string;
  /** The user, and his group. */
  readonly uid: number;
  readonly gid: number;
  /** Command lines of processes that live in it, should the one that keeps it be lost. */
  readonly isInhabitant: (words: readonly string[]) => boolean;
}

/** A namespace that can be joined. */
export interface UserNamespace {
  /** A process that is in it. */
  readonly pid: number;
  /** Only the user's own ID is there. */
  readonly single: boolean;
  /** It was not there before. */
  readonly made: boolean;
}

/** bin/stave reads it: the process that keeps the namespace, and when that was started. */
const KEEPER = 'pause';
const KEEP = ['/bin/sleep', 'infinity'];
/** What is said by one who is in a namespace, and stays there. */
const SETTLE = ['/bin/sh', '-c', 'echo; exec "$0" "$@" >/dev/null', ...KEEP];

/**
 * The user namespace, with mounts, in which a user who is not root has containers: one for all
 * of his commands, kept by a process that does nothing. Throws NamespaceError where the machine
 * gives him none.
 */
export async function userNamespace(place: NamespacePlace): Promise<UserNamespace> {
  prepareDirectory(place);
  using _lock = lockFile(join(place.directory, 'pause.lock'), { exclusive: true, wait: true });
  const file = join(place.directory, KEEPER);
  const kept = keeperIn(file);
  if (kept !== undefined) return { pid: kept, single: isSingle(kept), made: false };
  const inhabitant = findInhabitant(place);
  const pid = inhabitant === undefined ? await make(place) : await settleBeside(inhabitant);
  const temporary = `${file}.new`;
  writeFileSync(temporary, `${pid} ${startOf(pid) ?? ''}\n`, { mode: 0o600 });
  renameSync(temporary, file);
  return { pid, single: isSingle(pid), made: inhabitant === undefined };
}

/** What goes before a command line so that it runs in a namespace, in the directory `cwd`. */
export function joining(pid: number, cwd: string): string[] {
  return [
    helperPath('nsenter') ?? '/usr/bin/nsenter',
    '--target',
    String(pid),
    '--user',
    '--mount',
    '--preserve-credentials',
    '--',
    '/bin/sh',
    '-c',
    'cd "$0" 2>/dev/null; exec "$@"',
    cwd,
  ];
}

/** Others could have put it there, with whatever they like in it. */
function prepareDirectory({ directory, uid }: NamespacePlace): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const stat = lstatSync(directory);
  if (stat.isDirectory() && stat.uid === uid && (stat.mode & 0o022) === 0) return;
  throw new NamespaceError(`${directory} belongs to somebody else`, {
    hint: 'Set XDG_RUNTIME_DIR to a folder that is yours alone.',
  });
}

function keeperIn(file: string): number | undefined {
  try {
    const [pid = '', start = ''] = readFileSync(file, 'latin1').trim().split(' ');
    return start !== '' && startOf(Number(pid)) === start ? Number(pid) : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** When a process was started, in the kernel's ticks; undefined when there is none. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // A zombie has no namespaces any more.
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
}

function isSingle(pid: number): boolean {
  const map = parseIdMap(readFileSync(`/proc/${pid}/uid_map`, 'latin1'));
  return map.reduce((sum, { count }) => sum + count, 0) === 1;
}

/** A process of a namespace whose keeper was killed. */
function findInhabitant({ isInhabitant, uid }: NamespacePlace): number | undefined {
  const own = readlinkSync('/proc/self/ns/user');
  const found = namesIn('/proc').find((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      if (lstatSync(`/proc/${name}`).uid !== uid) return false;
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      return isInhabitant(words) && readlinkSync(`/proc/${name}/ns/user`) !== own;
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return false;
      throw error;
    }
  });
  return found === undefined ? undefined : Number(found);
}

function settleBeside(pid: number): Promise<number> {
  return settle([...joining(pid, '/'), ...SETTLE]);
}

async function make({ uid, gid }: NamespacePlace): Promise<number> {
  const pid = await settle([
    '/usr/bin/unshare',
    '--user',
    '--mount',
    '--propagation',
    'slave',
    ...SETTLE,
  ]);
  const ids = readSubordinateIds(uid);
  try {
    if (ids && (await mapWith(pid, ids, { uid, gid }))) return pid;
    writeFileSync(`/proc/${pid}/setgroups`, 'deny');
    writeFileSync(`/proc/${pid}/uid_map`, `0 ${uid} 1`);
    writeFileSync(`/proc/${pid}/gid_map`, `0 ${gid} 1`);
    return pid;
  } catch (error) {
    process.kill(pid, 'SIGKILL');
    throw error;
  }
}

/** Throws NamespaceError where the machine has what is needed and it does not work. */
async function mapWith(
  pid: number,
  { uids, gids }: SubordinateIds,
  own: { readonly uid: number; readonly gid: number },
): Promise<boolean> {
  const programs = [
    ['newuidmap', own.uid, uids],
    ['newgidmap', own.gid, gids],
  ] as const;
  if (programs.some(([name]) => helperPath(name) === undefined)) return false;
  for (const [name, id, ranges] of programs) {
    let next = 1;
    const more = ranges.flatMap(({ first, count }) => {
      const words = [next, first, count].map(String);
      next += count;
      return words;
    });
    const said = await run([helperPath(name) ?? name, String(pid), '0', String(id), '1', ...more]);
    if (said !== undefined) {
      throw new NamespaceError(`${name} could not give this user further IDs: ${said}`, {
        hint: "See 'stave doctor'.",
      });
    }
  }
  return true;
}

/** Starts a process that stays. Resolves when it is where it was sent. */
async function settle(argv: readonly string[]): Promise<number> {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const { pid } = child;
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (): void =>
        reject(
          new NamespaceError(
            `this user cannot have a user namespace: ${said.trim() || 'unshare could not be started'}`,
            { hint: "See 'stave doctor' for what this machine lacks." },
          ),
        );
      child.once('error', fail).once('close', fail);
      child.stdout.once('data', () => resolve());
    });
  } finally {
    child.stdout.destroy();
    child.stderr.destroy();
    child.unref();
  }
  if (pid === undefined) throw new Error('a process without an ID');
  return pid;
}

/** Runs a program to its end. Returns what it complained about when it failed. */
async function run(argv: readonly string[]): Promise<string | undefined> {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { cwd: '/', env: {}, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null)).once('close', resolve);
  });
  return code === 0 ? undefined : said.trim() || 'it failed';
}

/**
 * Makes this process the given program in a namespace, in the directory `cwd`; what it has open
 * besides the three usual descriptors is closed. Returns only when that fails.
 */
export function becomeIn(
  { pid }: UserNamespace,
  cwd: string,
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): never {
  const [program = '', ...rest] = joining(pid, cwd);
  if (!process.execve) throw new Error('this Node cannot become another program');
  return process.execve(program, [program, ...rest, ...argv], env);
}

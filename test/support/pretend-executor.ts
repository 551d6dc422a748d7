import { createHash, type Hash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { ProcessSpec } from '../../src/runtime/executor.ts';
import { prepare, preparedPath } from '../../src/runtime/prepare.ts';
import { bindMount, mountOverlay, mountTmpfs } from '../../src/sys/mount.ts';
import { enterPrivateMounts } from '../../src/sys/namespace.ts';

/**
 * Runs the command of a RUN without a process, on the real mounts: a line of the script for
 * each thing to do. What it writes depends on what it sees and on nothing else.
 *
 *     digest DIR OUT     names, modes, owners and content below DIR; of the root without /m,
 *                        where mounts are, whose content may be another each time
 *     said OUT           variables, directory, and where something is mounted
 *     renew DIR          in place of what was there
 *     rm PATH, chmod MODE PATH, link TARGET PATH, write PATH TEXT
 *     use DIR            leaves a file in a cache mount
 *     fail
 *
 * Returns the exit code.
 */
export function pretend(process: ProcessSpec, scratch: string): number {
  enterPrivateMounts();
  using scope = new DisposableStack();
  const root = join(scratch, 'root');
  mkdirSync(root, { recursive: true });
  const { lower, upper, work } = process.root;
  scope.use(mountOverlay(root, { lower, upper, work, volatile: true }));
  const directory = join(scratch, 'prepared');
  const sources = process.mounts.map((one) => (one.type === 'prepared' ? one.source : null));
  scope.use(prepare({ directory, sources }));
  for (const [index, mount] of process.mounts.entries()) {
    const target = join(root, mount.target);
    if (mount.type === 'tmpfs') scope.use(mountTmpfs(target));
    else {
      const { readonly } = mount;
      const source =
        mount.type === 'bind' ? mount.source : preparedPath(directory, index, mount.source);
      scope.use(bindMount(source, target, { readonly }));
    }
  }
  const script = process.argv.at(-1) ?? '';
  for (const line of script.split('\n')) {
    const [verb = '', ...words] = line.trim().split(' ');
    if (verb === 'fail') return 1;
    if (verb !== '') act(verb, words, root, process);
  }
  return 0;
}

function act(verb: string, words: readonly string[], root: string, process: ProcessSpec): void {
  const [first = '', second = ''] = words;
  const at = (path: string): string => join(root, path);
  switch (verb) {
    case 'digest':
      return write(at(second), digestOf(at(first), first === ROOT));
    case 'said': {
      const env = process.env.filter((entry) => /^(?:KEY|ARG|PWD|HOME)=/.test(entry));
      const targets = process.mounts.map(({ target }) => target);
      return write(at(first), [...env, process.cwd, process.user.uid, ...targets].join('\n'));
    }
    case 'rm':
      return rmSync(at(first), { recursive: true, force: true });
    case 'renew':
      rmSync(at(first), { recursive: true, force: true });
      return write(join(at(first), 'new'), 'new');
    case 'chmod':
      if (lstatSync(at(second), { throwIfNoEntry: false })) {
        chmodSync(at(second), Number.parseInt(first, 8));
      }
      return undefined;
    case 'link':
      rmSync(at(second), { recursive: true, force: true });
      mkdirSync(dirname(at(second)), { recursive: true });
      return symlinkSync(first, at(second));
    case 'write':
      return write(at(first), second);
    case 'use':
      return writeFileSync(join(at(first), `used-${readdirSync(at(first)).length}`), '');
    default:
      throw new Error(`no such thing to do: ${verb}`);
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { recursive: true, force: true });
  writeFileSync(path, text);
}

/** Stands for the root's own name. */
const ROOT = '/';

function digestOf(path: string, isRoot: boolean): string {
  const hash = createHash('sha256');
  add(hash, path, isRoot ? ROOT : '');
  return hash.digest('hex');
}

function add(hash: Hash, path: string, name: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return;
  hash.update(`${name} ${stat.mode.toString(8)} ${stat.uid} ${stat.gid}\0`);
  if (stat.isSymbolicLink()) hash.update(readlinkSync(path));
  else if (stat.isFile()) hash.update(readFileSync(path));
  else if (stat.isDirectory()) {
    const children = readdirSync(path).sort((a, b) => (a < b ? -1 : 1));
    for (const child of children) {
      if (name !== ROOT || child !== 'm') add(hash, join(path, child), child);
    }
  }
}

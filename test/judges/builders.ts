import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readArchive } from './archive.ts';
import type { Case } from './cases.ts';
import type { Outcome } from './compare.ts';

/** Runs a program to its end. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function run(argv: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Ran {
  const [program = '', ...rest] = argv;
  const done = spawnSync(program, rest, { cwd, env, encoding: 'utf8', timeout: 180_000 });
  if (done.error) throw done.error;
  return { code: done.status ?? 128, stdout: done.stdout, stderr: done.stderr };
}

/** A builder under comparison: a command line that has `build`, `save`, `load`, `rmi`. */
export interface Builder {
  readonly name: string;
  call(args: readonly string[], cwd?: string): Ran;
}

export function stave(top: string, work: string): Builder {
  const argv = [join(top, 'bin/stave'), '--root', join(work, 'stave')];
  return { name: 'stave', call: (args, cwd = work) => run([...argv, ...args], cwd, process.env) };
}

/** A program out of the peers' folder. `prefix`: its global options. */
export function peer(top: string, work: string, prefix: readonly string[]): Builder {
  const argv = [join(top, 'scripts/peers.sh'), 'exec', ...prefix];
  return {
    name: prefix[0] ?? '',
    call: (args, cwd = work) => run([...argv, ...args], cwd, process.env),
  };
}

const lastLine = (text: string): string =>
  text
    .split('\n')
    .filter((line) => /error/i.test(line))
    .at(-1)
    ?.trim() ?? text.trim().slice(-200);

/** What Docker's classic store says of an image without layers, which it builds all the same. */
const NO_LAYERS = 'it has no layers, so it cannot be saved';

/** Builds a staged case and reads the result back through `save`. */
export function build(builder: Builder, item: Case, context: string, work: string): Outcome {
  const tag = `judge/${item.name}`;
  const flags = ['--no-cache', '--progress', 'plain', '-t', tag, ...item.flags];
  const built = builder.call(['build', ...flags, '.'], context);
  if (built.code !== 0) {
    return { kind: 'refused', code: built.code, message: lastLine(built.stderr) };
  }
  const file = join(work, `${builder.name}.tar`);
  const saved = builder.call(['save', '-o', file, tag]);
  if (/empty export/.test(saved.stderr)) {
    return { kind: 'refused', code: saved.code, message: NO_LAYERS };
  }
  if (saved.code !== 0) throw new Error(`${builder.name} save: ${saved.stderr}`);
  return { kind: 'image', image: readArchive(file) };
}

/** The base of the cases: a static busybox with its links, the usual directories and two accounts. */
export function makeBaseTar(work: string, busybox: string): string {
  const tree = join(work, 'base');
  for (const name of ['bin', 'dev', 'etc', 'proc', 'root', 'sys', 'tmp', 'usr/bin', 'var', 'mnt']) {
    mkdirSync(join(tree, name), { recursive: true });
  }
  writeFileSync(join(tree, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  writeFileSync(join(tree, 'etc/group'), 'root:x:0:\n');
  // What runtimes mount over: without them BuildKit's RUN leaves a touched /etc behind.
  for (const name of ['hosts', 'hostname', 'resolv.conf'])
    writeFileSync(join(tree, 'etc', name), '');
  const tar = join(work, 'base.tar');
  const script = `cp "$1" bin/busybox
    chmod 755 bin/busybox && chmod 1777 tmp && chmod 700 root
    for name in $(bin/busybox --list); do [ "$name" = busybox ] || ln -sf busybox "bin/$name"; done
    find . -depth -exec touch -h -d @1500000000 {} +
    tar --sort=name --owner=0 --group=0 -cf "$2" .`;
  const made = run(['sh', '-euc', script, 'base', busybox, tar], tree, process.env);
  if (made.code !== 0) throw new Error(made.stderr);
  return tar;
}

import { spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { House, program, skip } from './house.ts';

/** An ordinary user of the machine that every machine has. */
const NOBODY = 65_534;
const ETC = ['subuid', 'subgid'];

/** Why tests for users who are not root are left out here, if they are. */
export const skipRootless: string | false =
  skip !== false
    ? skip
    : existsSync('/usr/bin/newuidmap') && existsSync('/usr/bin/setpriv')
      ? false
      : 'needs uidmap and setpriv';

/**
 * A store of an ordinary user's. His subordinate IDs, if any, are in a mount namespace of each
 * command's own, and so is the device for networks that he may write to: the machine's files stay
 * as they are.
 */
export class RootlessHouse extends House {
  readonly #ids: string;

  constructor(options: { readonly subordinate: boolean }) {
    super();
    chmodSync(this.directory, 0o711);
    for (const name of ['home', 'run']) {
      const place = join(this.directory, name);
      mkdirSync(place, { mode: 0o700 });
      chownSync(place, NOBODY, NOBODY);
    }
    this.#ids = join(this.directory, 'ids');
    writeFileSync(this.#ids, options.subordinate ? 'nobody:200000:65536\n' : '');
  }

  /** The command line for these arguments, as the user would give it. */
  override command(args: readonly string[]): string[] {
    const home = join(this.directory, 'home');
    return this.asUser([program, ...args], [`HOME=${home}`]);
  }

  /** Any program, run by the user. */
  asUser(argv: readonly string[], env: readonly string[] = []): string[] {
    const binds = ETC.map((name) => `mount --bind "$0" /etc/${name}`);
    const tun = 'mount -t tmpfs -o mode=755 t /dev/net && mknod -m 666 /dev/net/tun c 10 200';
    return [
      '/usr/bin/unshare',
      '--mount',
      '/bin/sh',
      '-c',
      `${binds.join(' && ')} && mkdir -p /dev/net && ${tun} && exec "$@"`,
      this.#ids,
      '/usr/bin/setpriv',
      `--reuid=${NOBODY}`,
      `--regid=${NOBODY}`,
      '--clear-groups',
      '/usr/bin/env',
      '-i',
      'PATH=/usr/bin:/bin',
      'TERM=xterm',
      ...env,
      `XDG_RUNTIME_DIR=${join(this.directory, 'run')}`,
      ...argv,
    ];
  }

  /** The process that keeps the user's namespace. */
  keeper(): number {
    return Number.parseInt(readFileSync(join(this.directory, 'run/stave/pause'), 'latin1'), 10);
  }

  override [Symbol.dispose](): void {
    for (const id of this.must(['ps', '-aq']).split('\n').filter(Boolean)) {
      this.stave(['rm', '-f', id]);
    }
    process.kill(this.keeper(), 'SIGKILL');
    super[Symbol.dispose]();
  }
}

/** Runs a command line in a terminal of its own: each answer is waited for before the next is typed. */
export async function inTerminal(
  argv: readonly string[],
  steps: readonly (readonly [waitFor: RegExp, type: string])[],
): Promise<{ readonly text: string; readonly code: number }> {
  const line = argv.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
  const child = spawn(
    'script',
    ['-qec', `stty rows 33 cols 101; echo begun; ${line}; echo "code:$?"`, '/dev/null'],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      timeout: 60_000,
    },
  );
  let text = '';
  let from = 0;
  let step = 0;
  for await (const chunk of child.stdout) {
    text += String(chunk);
    const [wanted, typed] = steps[step] ?? [];
    if (!wanted || typed === undefined || !wanted.test(text.slice(from))) continue;
    from = text.length;
    step += 1;
    child.stdin.write(typed);
  }
  return { text, code: Number(/code:(\d+)/.exec(text)?.[1]) };
}

import { UsageError } from '../base/errors.ts';

/** Options before the command. */
export interface GlobalOptions {
  readonly root: string | undefined;
  readonly debug: boolean;
  readonly version: boolean;
  readonly help: boolean;
  /** The command and everything behind it. */
  readonly rest: readonly string[];
}

/** Reads what stands before the command. Throws UsageError. */
export function parseGlobalOptions(argv: readonly string[]): GlobalOptions {
  const found = { root: undefined as string | undefined, debug: false, version: false };
  let at = 0;
  for (; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (!word.startsWith('-') || word === '-') break;
    if (word === '-h' || word === '--help') return { ...found, help: true, rest: [] };
    if (word === '-v' || word === '--version') found.version = true;
    else if (word === '-D' || word === '--debug') found.debug = true;
    else if (word.startsWith('--root=')) found.root = word.slice('--root='.length);
    else if (word === '--root') {
      found.root = argv[++at];
      if (found.root === undefined) throw new UsageError('flag needs an argument: --root');
    } else throw refusal(word);
  }
  // A variable that is not set must not lead to the machine's own store.
  if (found.root === '') throw new UsageError('--root needs a directory');
  return { ...found, help: false, rest: argv.slice(at) };
}

/** Global options of Docker's that mean nothing here, and why. */
const FOREIGN: Readonly<Record<string, string>> = {
  config: 'DOCKER_CONFIG names the folder of the configuration',
  context: 'there is no daemon to choose',
  host: 'there is no daemon to connect to',
  'log-level': 'there is no log; --debug shows the causes of errors',
  tls: 'there is no daemon to connect to',
  tlscacert: 'there is no daemon to connect to',
  tlscert: 'there is no daemon to connect to',
  tlskey: 'there is no daemon to connect to',
  tlsverify: 'there is no daemon to connect to',
};
const SHORT: Readonly<Record<string, string>> = { H: 'host', c: 'context', l: 'log-level' };

function refusal(word: string): UsageError {
  const [, long, short = ''] = /^(?:--([a-z-]+)|-([A-Za-z]))/.exec(word) ?? [];
  const name = long ?? SHORT[short] ?? '';
  if (Object.hasOwn(FOREIGN, name)) {
    const spelled = long === undefined ? `-${short}, --${name}` : `--${name}`;
    return new UsageError(`${spelled}: ${FOREIGN[name]}`);
  }
  return new UsageError(
    word.startsWith('--')
      ? `unknown flag: ${word.replace(/=.*/, '')}`
      : `unknown shorthand flag: '${word[1]}' in ${word}`,
  );
}

/**
 * Where the store and its run-time state are. A root that was asked for holds everything;
 * by default state that need not survive a reboot is kept where the system keeps such things.
 */
export function storeLocation(
  asked: string | undefined,
  uid: number,
  env: Readonly<Record<string, string | undefined>>,
): { readonly root: string; readonly run?: string } {
  const root = asked ?? env['STAVE_ROOT'];
  if (root !== undefined && root !== '') return { root };
  if (uid === 0) return { root: '/var/lib/stave', run: '/run/stave' };
  const home = env['HOME'];
  const data = env['XDG_DATA_HOME'] ?? (home === undefined ? undefined : `${home}/.local/share`);
  if (data === undefined) {
    throw new UsageError('no place for the store: neither HOME nor XDG_DATA_HOME is set', {
      hint: 'Name a folder with --root DIR.',
    });
  }
  const runtime = env['XDG_RUNTIME_DIR'];
  return {
    root: `${data}/stave`,
    ...(runtime !== undefined && runtime !== '' && { run: `${runtime}/stave` }),
  };
}

import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants, openSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { MonitorMissingError } from './errors.ts';

const PLACES = ['/usr/bin/conmon', '/usr/libexec/podman/conmon', '/usr/local/bin/conmon'];
/** Where conmon looks for the pipes: after the three usual descriptors. */
const SYNC = 3;
const START = 4;
const ATTACH = 5;
/** So much of what it says is taken. */
const LINE_LIMIT = 65_536;

/** How a conmon is started. */
export interface ConmonCall {
  readonly args: readonly string[];
  /** A file for what conmon itself complains about. */
  readonly complaints: string;
  /** It waits for the word before the process is started, so that somebody may attach. */
  readonly attach?: boolean;
  /** Open descriptors that it keeps as long as it lives. */
  readonly keep?: readonly number[];
}

/** A conmon that was started. */
export interface Conmon {
  /** The next thing that it says: a process ID, or an exit code; undefined when it said nothing. */
  said(): Promise<ConmonWord | undefined>;
  /** With `attach`: resolves when its socket is there, and is then to be told to go on. */
  ready(): Promise<void>;
  go(): void;
  /** Resolves when conmon and its exit command have ended. */
  readonly gone: Promise<void>;
  /** Stops listening, so that this process may end. */
  leave(): void;
}

/** A line of conmon's: `data` is below 0 where something failed. */
export interface ConmonWord {
  readonly data: number;
  readonly message?: string;
}

/** Where conmon is. Throws MonitorMissingError. */
export function conmonPath(): string {
  const found = PLACES.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new MonitorMissingError();
  return found;
}

/** Starts conmon in a session of its own. Throws MonitorMissingError. */
export function startConmon({ args, complaints, attach = false, keep = [] }: ConmonCall): Conmon {
  const program = conmonPath();
  const stderr = openSync(complaints, 'a', 0o600);
  try {
    const child = spawn(program, args, {
      cwd: '/',
      env: {
        PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        _OCI_SYNCPIPE: String(SYNC),
        _OCI_STARTPIPE: String(START),
        ...(attach && { _OCI_ATTACHPIPE: String(ATTACH) }),
      },
      detached: true,
      // The last pipe is known to nobody: its end is conmon's.
      stdio: [
        'ignore',
        'ignore',
        stderr,
        'pipe',
        'pipe',
        attach ? 'pipe' : 'ignore',
        'pipe',
        ...keep,
      ],
    });
    child.unref();
    child.on('error', () => undefined);
    const stream = (index: number): Duplex => child.stdio[index] as Duplex;
    const lines = lineReader(stream(SYNC));
    const ready = attach ? lineReader(stream(ATTACH)) : undefined;
    const life = stream(ATTACH + 1);
    life.on('error', () => undefined).resume();
    const gone = new Promise<void>((resolve) => life.once('close', resolve));
    stream(START).on('error', () => undefined);
    // Conmon waits for this before anything else, so that it can be moved elsewhere.
    stream(START).write('\0');
    return {
      said: async () => wordOf(await lines()),
      async ready() {
        await ready?.();
      },
      go: () => void stream(START).end('\0'),
      gone,
      leave() {
        for (const one of child.stdio.slice(SYNC)) (one as Duplex | null)?.destroy();
      },
    };
  } finally {
    closeSync(stderr);
  }
}

function wordOf(line: string | undefined): ConmonWord | undefined {
  if (line === undefined) return undefined;
  try {
    const word = JSON.parse(line) as Partial<
      Record<'data' | 'pid' | 'exit_code' | 'message', unknown>
    >;
    const data = word.data ?? word.pid ?? word.exit_code;
    if (typeof data !== 'number') return undefined;
    return { data, ...(typeof word.message === 'string' && { message: word.message }) };
  } catch {
    return undefined;
  }
}

/** Lines as they come; undefined at the end. */
function lineReader(stream: Duplex): () => Promise<string | undefined> {
  let text = '';
  let ended = false;
  let wake = (): void => undefined;
  stream.on('data', (chunk: Buffer) => {
    if (text.length < LINE_LIMIT) text += chunk.toString('utf8');
    wake();
  });
  const end = (): void => {
    ended = true;
    wake();
  };
  stream.on('error', end).on('close', end).on('end', end);
  return async () => {
    for (;;) {
      const newline = text.indexOf('\n');
      if (newline >= 0) {
        const line = text.slice(0, newline);
        text = text.slice(newline + 1);
        return line;
      }
      if (ended) return text === '' ? undefined : text;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
}

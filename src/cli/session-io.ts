import { InvalidInputError } from '../base/errors.ts';
import type { ContainerSession, ExecSession } from '../engine/container-types.ts';
import type { Host, Input } from './command.ts';
import { DetachFilter, detachKeysOf } from './detach-keys.ts';

/** How this process's streams are joined with those of a process in a container. */
export interface Joining {
  /** Hand standard input on. */
  readonly input: boolean;
  /** It has a terminal, and ours becomes it. */
  readonly terminal: boolean;
  /** Have a program that has drawn its screen before draw it again. */
  readonly redraw?: boolean;
  /** As typed: `ctrl-p,ctrl-q`. */
  readonly detachKeys: string;
  /** Pass signals on instead of ending. */
  readonly passSignals?: ((signal: string) => void) | undefined;
}

const PASSED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGCONT'] as const;

/** Throws InvalidInputError when a terminal is to be typed at and there is none. */
export function checkTerminal(stdin: Input, terminal: boolean, input: boolean): void {
  if (terminal && input && !stdin.terminal) {
    throw new InvalidInputError('the input device is not a TTY');
  }
}

/**
 * Joins standard input, the terminal and signals with a session until it has ended, or the
 * detach keys were typed. Its exit code; 0 after the keys.
 */
export async function join(
  { stdin }: Pick<Host, 'stdin'>,
  session: ExecSession | ContainerSession,
  { input, terminal, redraw = false, detachKeys, passSignals }: Joining,
): Promise<number> {
  using scope = new DisposableStack();
  scope.use(session);
  const detached = Promise.withResolvers<number>();
  const raw = terminal && stdin.terminal;
  if (terminal) scope.use(followSize(session, redraw));
  if (passSignals) scope.use(takeSignals(passSignals));
  if (input) {
    if (raw) scope.use(rawMode());
    const filter = raw ? new DetachFilter(detachKeysOf(detachKeys)) : undefined;
    scope.use(handOn(stdin, session, filter, () => detached.resolve(0)));
  }
  return await Promise.race([session.ended, detached.promise]);
}

function handOn(
  stdin: Input,
  session: ExecSession,
  filter: DetachFilter | undefined,
  detach: () => void,
): Disposable {
  let open = true;
  const pump = async (): Promise<void> => {
    for await (const chunk of stdin.bytes()) {
      if (!open) return;
      const { forward, detach: typed } = filter?.take(chunk) ?? { forward: chunk, detach: false };
      await session.send(forward);
      if (typed) {
        detach();
        return;
      }
    }
    if (open) session.endInput();
  };
  // Nobody types any more.
  pump().catch(() => session.endInput());
  return {
    [Symbol.dispose]() {
      open = false;
      process.stdin.pause();
      // A file has nothing to let go of.
      if ('unref' in process.stdin) process.stdin.unref();
    },
  };
}

function rawMode(): Disposable {
  process.stdin.setRawMode(true);
  return { [Symbol.dispose]: () => void process.stdin.setRawMode(false) };
}

/**
 * The container's terminal is as large as ours. A size that is the same as before tells a program nothing: to have it
 * draw again it is another one first.
 */
function followSize(session: ExecSession, redraw: boolean): Disposable {
  const { stdout } = process;
  const tell = (): void => {
    if (stdout.isTTY) session.resize({ rows: stdout.rows, columns: stdout.columns });
  };
  if (redraw && stdout.isTTY) {
    session.resize({ rows: stdout.rows + 1, columns: stdout.columns + 1 });
  }
  tell();
  stdout.on('resize', tell);
  return { [Symbol.dispose]: () => void stdout.off('resize', tell) };
}

/** Takes signals over from whoever listens in this process. */
function takeSignals(pass: (signal: string) => void): Disposable {
  const taken = PASSED.map((name) => {
    const before = process.listeners(name);
    const handler = (): void => {
      try {
        pass(name);
      } catch {
        // It has just ended.
      }
    };
    process.removeAllListeners(name);
    process.on(name, handler);
    return { name, before, handler };
  });
  return {
    [Symbol.dispose]() {
      for (const { name, before, handler } of taken) {
        process.off(name, handler);
        for (const listener of before) process.on(name, listener);
      }
    },
  };
}

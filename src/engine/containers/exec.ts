import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OutputSink } from '../../monitor/attachment.ts';
import { startExec } from '../../monitor/exec.ts';
import { resizeTerminal } from '../../monitor/resize.ts';
import { RuntimeFailedError } from '../../runtime/errors.ts';
import { loggedError, runtimeFailure } from '../../runtime/failure.ts';
import { randomHex } from '../../sys/random.ts';
import type { ExecRequest, ExecSession } from '../container-types.ts';
import { ContainerConflictError } from './errors.ts';
import { findContainer } from './find.ts';
import { execProcess } from './exec-process.ts';
import { containerPaths } from './layout.ts';
import type { ContainerParts } from './parts.ts';
import { notRunning } from './pause.ts';
import { isUp, toRow } from './record.ts';
import { tell } from './tell.ts';

const CLEAN = 'exec >/dev/null 2>&1; rm -rf -- "$1"';
/** Of a process whose monitor was killed. */
const KILLED = 137;

/**
 * Starts a process beside those of a container. With a sink its streams are had from the first
 * word on; otherwise it runs in the background.
 *
 * Throws ContainerNotFoundError, ContainerConflictError when the container does not run or is
 * paused, UnknownUserError, CommandNotFoundError, CommandNotExecutableError.
 */
export async function execContainer(
  parts: ContainerParts,
  name: string,
  request: ExecRequest,
  sink?: OutputSink,
): Promise<ExecSession | undefined> {
  const { store, clock } = parts;
  const container = findContainer(store, name);
  const { id, state } = container;
  if (state === 'paused') {
    throw new ContainerConflictError(
      `Container ${name} is paused, unpause the container before exec`,
    );
  }
  if (!isUp(state)) throw notRunning(container);
  const runtime = await parts.runtime();
  const paths = containerPaths(store.paths.containers, id);
  const execId = randomHex(32);
  const directory = join(paths.execs, execId);
  const log = join(directory, 'runtime.log');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  using undo = new DisposableStack();
  undo.defer(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(
    join(directory, 'process.json'),
    JSON.stringify(execProcess(runtime, container, paths, request)),
    { mode: 0o600 },
  );
  const command = request.command.join(' ');
  const note = (action: 'exec_create' | 'exec_start' | 'exec_die', exitCode?: number): void => {
    const more = { execID: execId, ...(exitCode !== undefined && { exitCode: String(exitCode) }) };
    store.note((tables) =>
      tell(tables, action, toRow(container), clock.now().getTime(), { ...more, command }),
    );
  };
  const started = await startExec({
    id,
    execId,
    directory,
    runtime: runtime.argv(log),
    terminal: request.terminal === true,
    stdin: request.interactive === true,
    ...(sink && { sink }),
    exitCommand: ['/bin/sh', '-c', CLEAN, 'sh', directory],
  });
  if ('refused' in started) {
    const message = loggedError(log) ?? started.refused;
    if (message === undefined) throw new RuntimeFailedError('the process could not be started');
    throw runtimeFailure(message, request.command[0] ?? '');
  }
  undo.move();
  note('exec_start');
  const { attachment } = started;
  if (!attachment) {
    started.leave();
    return undefined;
  }
  let left = false;
  const end = async (): Promise<number> => {
    const code = await started.ended;
    await attachment.ended;
    if (left) return 0;
    note('exec_die', code ?? KILLED);
    return code ?? KILLED;
  };
  return {
    ended: end(),
    send: (chunk) => attachment.send(chunk),
    endInput: () => attachment.endInput(),
    resize: (size) => resizeTerminal(directory, size),
    [Symbol.dispose]() {
      left = true;
      attachment[Symbol.dispose]();
      started.leave();
    },
  };
}

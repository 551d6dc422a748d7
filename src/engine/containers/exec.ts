import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, posix } from 'node:path';
import type { OutputSink } from '../../monitor/attachment.ts';
import { startExec } from '../../monitor/exec.ts';
import { resizeTerminal } from '../../monitor/resize.ts';
import { RuntimeFailedError } from '../../runtime/errors.ts';
import type { ProcessSpec } from '../../runtime/executor.ts';
import { loggedError, runtimeFailure } from '../../runtime/failure.ts';
import { resolveUser, type ResolvedUser } from '../../runtime/user.ts';
import { InsideRoot } from '../../sys/inside.ts';
import { randomHex } from '../../sys/random.ts';
import type { ExecRequest, ExecSession } from '../container-types.ts';
import { variableName } from './config.ts';
import { ContainerConflictError } from './errors.ts';
import { findContainer } from './find.ts';
import { containerPaths, type ContainerPaths } from './layout.ts';
import type { ContainerParts } from './parts.ts';
import { notRunning } from './pause.ts';
import { isUp, toRow, type Container } from './record.ts';
import { readSpec } from './start.ts';
import { tell } from './tell.ts';

/** A larger file of users is none. */
const USERS_LIMIT = 10 * 1024 * 1024;
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
  const spec = readSpec(paths);
  const execId = randomHex(32);
  const directory = join(paths.execs, execId);
  const process = processOf(container, paths, spec, request);
  const capabilities = runtime.capabilities({
    ...spec,
    privileged: request.privileged === true || spec.privileged === true,
  });
  const log = join(directory, 'runtime.log');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  using undo = new DisposableStack();
  undo.defer(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(
    join(directory, 'process.json'),
    JSON.stringify({
      ...process,
      capabilities: {
        bounding: capabilities,
        effective: capabilities,
        permitted: capabilities,
        inheritable: [],
        ambient: [],
      },
    }),
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

/** The process as the runtime takes it, without its capabilities. */
function processOf(
  { record }: Container,
  paths: ContainerPaths,
  spec: ProcessSpec,
  request: ExecRequest,
): Readonly<Record<string, unknown>> {
  const { command, env = [], user: typed, workdir, terminal = false } = request;
  const user: ResolvedUser | undefined =
    typed === undefined
      ? undefined
      : resolveUser(typed, fileIn(paths.merged, 'etc/passwd'), fileIn(paths.merged, 'etc/group'));
  const { uid, gid, additionalGids } = user ?? spec.user;
  return {
    terminal,
    user: { uid, gid, umask: 0o022, additionalGids: [...new Set([gid, ...additionalGids])] },
    args: command,
    env: environment(spec.env, env, {
      terminal,
      home: record.config.Env?.some((text) => variableName(text) === 'HOME')
        ? undefined
        : user?.home,
    }),
    cwd: workdir === undefined ? spec.cwd : posix.resolve('/', workdir),
    noNewPrivileges: spec.noNewPrivileges === true,
  };
}

function environment(
  container: readonly string[],
  asked: readonly string[],
  { terminal, home }: { readonly terminal: boolean; readonly home: string | undefined },
): string[] {
  const variables = new Map(container.map((text) => [variableName(text), text]));
  if (terminal && !variables.has('TERM')) variables.set('TERM', 'TERM=xterm');
  if (home !== undefined) variables.set('HOME', `HOME=${home}`);
  for (const text of asked) variables.set(variableName(text), text);
  return [...variables.values()];
}

/** A file of a container as it is now; undefined when there is none, or it is no plain file. */
function fileIn(root: string, path: string): Buffer | undefined {
  using inside = new InsideRoot(root);
  let fd: number;
  try {
    fd = inside.open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size > USERS_LIMIT) return undefined;
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

import { closeSync, constants, fstatSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import type { ContainerRuntime } from '../../runtime/container-runtime.ts';
import type { ProcessSpec } from '../../runtime/executor.ts';
import { resolveUser, type ResolvedUser } from '../../runtime/user.ts';
import { InsideRoot } from '../../sys/inside.ts';
import type { ExecRequest } from '../container-types.ts';
import { variableName } from './config.ts';
import type { ContainerPaths } from './layout.ts';
import type { Container } from './record.ts';
import { readSpec } from './start.ts';

/** A larger file of users is none. */
const USERS_LIMIT = 10 * 1024 * 1024;

/**
 * A process beside those of a container as the runtime takes it (`process.json`). Throws
 * UnknownUserError.
 */
export function execProcess(
  runtime: ContainerRuntime,
  container: Container,
  paths: ContainerPaths,
  request: ExecRequest,
): Readonly<Record<string, unknown>> {
  const spec = readSpec(paths);
  const capabilities = runtime.capabilities({
    ...spec,
    privileged: request.privileged === true || spec.privileged === true,
  });
  return {
    ...processOf(container, paths, spec, request),
    capabilities: {
      bounding: capabilities,
      effective: capabilities,
      permitted: capabilities,
      inheritable: [],
      ambient: [],
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

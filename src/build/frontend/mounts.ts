import { posix } from 'node:path';
import type { RunInstruction, RunMount } from '../../dockerfile/ast.ts';
import { resolveMount, type Mount } from '../../dockerfile/mount-flag.ts';
import type { ExecMount, MountOrigin } from '../exec-mount.ts';
import type { Vertex } from '../graph.ts';
import type { StageSetting } from './instructions.ts';
import type { StageState } from './state.ts';

/** The mounts of a RUN and the roots that they read. */
export interface RunMounts {
  readonly mounts: readonly ExecMount[];
  readonly inputs: readonly Vertex[];
}

const NONE: RunMounts = { mounts: [], inputs: [] };
const FILE_MODE = 0o400;
const SOCKET_MODE = 0o600;
const DIRECTORY_MODE = 0o755;

/** Expands and checks the `--mount` flags of a RUN. Throws DockerfileError. */
export function runMounts(
  state: StageState,
  instruction: RunInstruction,
  setting: StageSetting,
): RunMounts {
  if (instruction.mounts.length === 0) return NONE;
  const inputs: Vertex[] = [];
  const sockets = { count: 0 };
  const mounts = instruction.mounts.map((flag): ExecMount => {
    const mount = setting.words.located(flag.span, () =>
      resolveMount(flag, (raw) =>
        setting.words.expand({ raw, span: flag.span }, (name) => state.scope.get(name)),
      ),
    );
    const origin = (): MountOrigin => originOf(mount, flag, instruction, setting, inputs);
    const made = execMount(mount, state.workdir, setting, origin, sockets);
    if (made.target !== '/') return made;
    throw setting.words.error(`invalid mount target ${JSON.stringify('/')}`, flag.span);
  });
  // What lies inside another mount is mounted after it, in whatever order they are written.
  const sorted = mounts.toSorted((a, b) => compare(a.target ?? '', b.target ?? ''));
  return { mounts: sorted, inputs };
}

function execMount(
  mount: Mount,
  workdir: string,
  setting: StageSetting,
  origin: () => MountOrigin,
  sockets: { count: number },
): ExecMount {
  const { type, readonly, required, uid = 0, gid = 0 } = mount;
  const target = absolute(workdir, mount.target ?? '');
  const source = clean(posix.join('/', mount.source ?? ''));
  switch (type) {
    case 'bind':
      return { type, target, readonly, origin: origin(), source };
    case 'cache':
      return {
        type,
        target,
        readonly,
        // Without an id the target is one, as it is written.
        id: mount.id || clean(posix.join(mount.target ?? '')),
        namespace: setting.args.get('BUILDKIT_CACHE_MOUNT_NS') ?? '',
        sharing: mount.sharing ?? 'shared',
        origin: origin(),
        source,
        mode: mount.mode ?? DIRECTORY_MODE,
        uid,
        gid,
      };
    case 'tmpfs':
      return { type, target, ...(mount.size !== undefined && { size: mount.size }) };
    case 'secret': {
      const id = mount.source || mount.id || posix.basename(mount.target ?? '');
      const file =
        mount.target ??
        (mount.env === undefined ? `/run/secrets/${posix.basename(id)}` : undefined);
      return {
        type,
        id,
        ...(file !== undefined && { target: absolute(workdir, file) }),
        ...(mount.env !== undefined && { env: mount.env || id }),
        required,
        mode: mount.mode ?? FILE_MODE,
        uid,
        gid,
      };
    }
    default: {
      const socket = mount.target || `/run/buildkit/ssh_agent.${sockets.count++}`;
      return {
        type,
        id: mount.id || 'default',
        target: absolute(workdir, socket),
        required,
        mode: mount.mode ?? SOCKET_MODE,
        uid,
        gid,
      };
    }
  }
}

/** Where the files of a bind or cache mount are; notes the root that has to be there for it. */
function originOf(
  mount: Mount,
  flag: RunMount,
  instruction: RunInstruction,
  setting: StageSetting,
  inputs: Vertex[],
): MountOrigin {
  if (!mount.from) return mount.type === 'cache' ? { kind: 'empty' } : { kind: 'context' };
  const from = setting.source(
    { raw: mount.from, span: flag.span },
    instruction,
    mount.target ?? '',
  );
  if ('context' in from) return { kind: 'context', name: from.context };
  const { vertex } = from;
  if (!vertex) return { kind: 'empty' };
  const known = inputs.indexOf(vertex);
  return { kind: 'input', index: known < 0 ? inputs.push(vertex) - 1 : known };
}

function absolute(workdir: string, target: string): string {
  return clean(target.startsWith('/') ? posix.join('/', target) : posix.join('/', workdir, target));
}

/** Without a slash at the end. */
function clean(path: string): string {
  return path.replace(/(.)\/$/, '$1');
}

/** By components, so that a directory comes before all that is in it. */
function compare(a: string, b: string): number {
  const [x, y] = [a.replaceAll('/', '\0'), b.replaceAll('/', '\0')];
  return x < y ? -1 : x > y ? 1 : 0;
}

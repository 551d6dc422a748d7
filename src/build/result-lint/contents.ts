import { posix } from 'node:path';
import type { LayerFile } from '../../layer/file-table.ts';
import type { ContainerConfig } from '../../oci/image-config.ts';
import type { DiffId } from '../../oci/digest.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { StackView } from '../../snapshot/stack-view.ts';
import { foundIn } from './libraries.ts';
import { placeOf, type ResultFinding } from './programs.ts';

const COMPILERS =
  'gcc g++ cc c++ clang clang++ go rustc javac ghc gfortran tcc dotnet-sdk swiftc nvcc'.split(' ');
const MANAGERS = 'npm yarn pnpm pip pip3 pipx poetry cargo gem bundle composer mvn gradle'.split(
  ' ',
);
const ROOTS = /^(?:0|root)?(?::.*)?$/;
/** Names that one finding lists. */
const LISTED = 3;
const PASSWD_LIMIT = 1024 * 1024;

/** What an image is looked at with. */
export interface Looked {
  readonly config: ContainerConfig;
  /** Bottom first. */
  readonly layers: readonly DiffId[];
  /** How many of them, from the bottom, came with the base image; undefined where nobody knows. */
  readonly inherited: number | undefined;
  /** There are stages for building. */
  readonly several: boolean;
  readonly view: StackView;
  /** Only the layers of the base image. */
  readonly below: StackView;
  readonly snapshotter: Pick<Snapshotter, 'files'>;
}

/** Who the image runs as. */
export function userFindings({ config, view }: Pick<Looked, 'config' | 'view'>): ResultFinding[] {
  const user = config.User ?? '';
  if (ROOTS.test(user)) {
    if ((config.Entrypoint ?? config.Cmd ?? []).length === 0) return [];
    const detail =
      'the image runs as root: add a user (RUN adduser -D app, or useradd app) and end the stage with USER app; USER 65532:65532 needs no user';
    return [{ rule: 'RootUser', about: 'USER', detail }];
  }
  const [name = ''] = user.split(':');
  if (/^\d+$/.test(name)) return [];
  const entry = foundIn(view, '/etc/passwd');
  const known =
    entry?.kind === 'file' && entry.stat.size <= PASSWD_LIMIT
      ? (view.read('/etc/passwd', PASSWD_LIMIT)?.toString() ?? '')
      : '';
  if (known.split('\n').some((line) => line.startsWith(`${name}:`))) return [];
  const detail = `USER ${name} is not in /etc/passwd of the image, so no container of it can start: add the user in the final stage, or write a number`;
  return [{ rule: 'UnknownUser', about: 'USER', detail }];
}

/** Compilers in an image that other stages were there to build, and tools that it got itself. */
export function toolFindings(looked: Looked): ResultFinding[] {
  const { config, view, inherited, several, below } = looked;
  if (inherited === undefined) return [];
  const isAdded = (path: string): boolean => foundIn(below, path) === undefined;
  const there = (names: readonly string[], every: boolean): string[] =>
    names.filter((name) => {
      const path = placeOf(name, config, view);
      return path !== undefined && (every || isAdded(path));
    });
  const tools = [...there(COMPILERS, several), ...there(MANAGERS, false)];
  if (tools.length === 0) return [];
  const fix = several
    ? 'COPY --from takes what was built into a stage that stands on a smaller base image'
    : 'build in a stage of its own and COPY --from it, or remove them in the RUN that installs them';
  const detail = `the final stage has ${tools.slice(0, 5).join(', ')}${tools.length > 5 ? ' and more' : ''}: ${fix}`;
  return [{ rule: 'BuildToolsInFinalStage', about: 'FROM', detail }];
}

/** Files of the image's own layers that anybody may write to, or that lend their owner's rights. */
export function modeFindings(looked: Looked): ResultFinding[] {
  const { layers, inherited, view, snapshotter } = looked;
  if (inherited === undefined) return [];
  const found: ResultFinding[] = [];
  for (let at = inherited; at < layers.length; at += 1) {
    const writable: string[] = [];
    const setuid: string[] = [];
    const layer = layers[at]!;
    for (const file of snapshotter.files(layer)) {
      if (!isOdd(file)) continue;
      const path = `/${Buffer.from(file.path).toString()}`;
      // What a later layer hides or mends is no more than wasted.
      if (foundIn(view, file.path, { followLast: false })?.layer !== layer) continue;
      if (isSame(looked, file)) continue;
      if ((file.mode & 0o002) !== 0) writable.push(path);
      if (file.type === 'file' && (file.mode & 0o6000) !== 0) setuid.push(path);
    }
    if (writable.length > 0) {
      const detail = `everybody may write to ${listed(writable)}: give them modes with COPY --chmod, or chmod o-w in the RUN that makes them`;
      found.push({ rule: 'WorldWritableFile', about: 'layer', layer: at, detail });
    }
    if (setuid.length > 0) {
      const detail = `${listed(setuid)} ${setuid.length === 1 ? 'runs' : 'run'} with the rights of ${setuid.length === 1 ? 'its owner or group' : 'their owners or groups'}: chmod a-s in the RUN that installs ${setuid.length === 1 ? 'it' : 'them'}, unless that is what is wanted`;
      found.push({ rule: 'SetuidFileAdded', about: 'layer', layer: at, detail });
    }
  }
  return found;
}

function isOdd({ type, mode }: LayerFile): boolean {
  if (type === 'directory') return (mode & 0o1002) === 0o002;
  return type === 'file' && (mode & 0o6002) !== 0;
}

/** Whether the base image has it with the same mode: then this layer only touched it. */
function isSame({ below }: Looked, { path, mode }: LayerFile): boolean {
  const entry = foundIn(below, path, { followLast: false });
  return entry !== undefined && (Number(entry.stat.mode) & 0o7777) === mode;
}

function listed(paths: readonly string[]): string {
  const more = paths.length - LISTED;
  const shown = paths
    .slice(0, LISTED)
    .map((path) => posix.normalize(path.replace(/\p{Cc}/gu, '?')));
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

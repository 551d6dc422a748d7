import { join } from 'node:path';
import type { CallOptions } from '../../base/progress.ts';
import type { Task } from '../../base/reporter.ts';
import type { StorePaths } from '../../store/paths.ts';
import type { CacheMount, ExecMount } from '../exec-mount.ts';
import type { RunSettings } from '../run-settings.ts';
import { makeBind } from './bind.ts';
import { holdCaches } from './cache.ts';
import type { MadeMount, MountParts } from './parts.ts';
import { makeSecret, secretVariables } from './secret.ts';
import { makeSocket, socketVariable } from './ssh.ts';
import { holderOf, pointsIn } from './targets.ts';

/** A mount that is ready to be put at its target. */
export interface ReadyMount extends MadeMount {
  readonly target: string;
  /** Its place is inside another mount, so the image need not have it. */
  readonly nested: boolean;
}

/** All mounts of a step. Leaving the scope gives back what they hold. */
export interface ReadyMounts extends AsyncDisposable {
  readonly mounts: readonly ReadyMount[];
  /** Variables that go with them. */
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly secretEnv: readonly string[];
}

/** What mounts are made with. */
export interface MountSetting {
  readonly parts: MountParts;
  readonly paths: StorePaths;
  readonly settings: RunSettings | undefined;
  /** The step is RUN --security=insecure. */
  readonly insecure: boolean;
  /** Of the step, on the file system of the store; gone after it. */
  readonly scratch: string;
  readonly task: Task;
  readonly call: CallOptions;
}

type Placed = ExecMount & { readonly target: string };

/**
 * Brings about what the mounts of a RUN show. Throws SourceNotFoundError, NotGivenError and
 * InvalidInputError.
 */
export async function makeMounts(
  all: readonly ExecMount[],
  setting: MountSetting,
): Promise<ReadyMounts> {
  await using scope = new AsyncDisposableStack();
  const secretEnv = secretVariables(all, setting.settings);
  const caches = await holdCaches(all.filter(isCache), setting, scope);
  const placed = all.filter((mount): mount is Placed => mount.target !== undefined);
  const made = new Map<Placed, MadeMount>();
  // From the inside out: what a mount is to hold inside is known then.
  for (const [index, mount] of [...placed.entries()].reverse()) {
    const points = pointsIn(placed, mount, (inner) => made.get(inner)?.kind);
    const scratch = join(setting.scratch, `mount-${index}`);
    const one =
      mount.type === 'cache'
        ? caches.get(mount)
        : mount.type === 'bind'
          ? await makeBind({ ...setting, mount, scratch, points })
          : await makeOther(mount, scratch, setting, scope);
    if (one) made.set(mount, one);
  }
  const present = placed.filter((mount) => made.has(mount));
  const mounts = present.map((mount, index) => ({
    ...made.get(mount)!,
    target: mount.target,
    nested: holderOf(present.slice(0, index), mount.target) !== undefined,
  }));
  const held = scope.move();
  return {
    mounts,
    env: socketVariable(all),
    secretEnv,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

async function makeOther(
  mount: Exclude<Placed, { type: 'bind' | 'cache' }>,
  scratch: string,
  { settings }: MountSetting,
  scope: AsyncDisposableStack,
): Promise<MadeMount | undefined> {
  switch (mount.type) {
    case 'secret':
      return makeSecret(mount, settings);
    case 'ssh':
      return makeSocket(mount, scratch, settings, scope);
    default:
      return {
        spec: {
          type: 'tmpfs',
          options: ['nosuid'],
          ...(mount.size !== undefined && { size: mount.size }),
        },
        kind: 'directory',
      };
  }
}

function isCache(mount: ExecMount): mount is CacheMount {
  return mount.type === 'cache';
}

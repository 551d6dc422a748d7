import type { MountSpec } from '../../runtime/executor.ts';
import { stubMountPoints } from '../../snapshot/mount-points.ts';
import type { StackView } from '../../snapshot/stack-view.ts';
import type { ReadyMount, ReadyMounts } from './mounts.ts';
import { holderOf } from './targets.ts';

/** The mounts of a RUN without any: nothing is loaded for it. */
export const NO_MOUNTS: ReadyMounts = {
  mounts: [],
  env: [],
  secretEnv: [],
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

/**
 * Puts mounts at their targets, links resolved. What the image lacks is made in `stubs`, to
 * be stacked on it where something was `made`. Throws InvalidInputError where a file is where
 * a directory is needed, or the other way round.
 */
export function placed(
  view: StackView,
  mounts: readonly ReadyMount[],
  stubs: string,
): { readonly specs: readonly MountSpec[]; readonly made: boolean } {
  const outer = mounts.filter(({ nested }) => !nested);
  const targets = outer.map(({ target, kind }) => ({ path: target, kind }));
  const { resolved, made } = stubMountPoints(view, targets, stubs);
  const places = new Map(outer.map((mount, index) => [mount.target, resolved[index]!]));
  const specs = mounts.map(({ spec, target, nested }) => {
    const holder = nested ? holderOf(outer, target)?.target : undefined;
    const place =
      holder === undefined
        ? (places.get(target) ?? target)
        : `${places.get(holder)!}${target.slice(holder.length)}`;
    const there = spec.type === 'tmpfs' && !nested ? view.find(place) : undefined;
    // A directory in memory is as open as the one that it hides.
    const mode = there?.kind === 'directory' ? Number(there.stat.mode) & 0o7777 : undefined;
    return { ...spec, ...(mode !== undefined && { mode }), target: place };
  });
  return { specs, made };
}

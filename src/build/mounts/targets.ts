import { posix } from 'node:path';
import type { NestedPoint } from '../../runtime/prepare.ts';

/** A mount by where it goes: absolute and clean. */
interface Placed {
  readonly target: string;
}

/** The mount that a target lies in: of those before it the last that holds it. */
export function holderOf<T extends Placed>(before: readonly T[], target: string): T | undefined {
  return before.findLast((one) => target.startsWith(`${one.target}/`));
}

/** The places that mounts after `holder` need in it, as paths below it; not those without a kind. */
export function pointsIn<T extends Placed>(
  mounts: readonly T[],
  holder: T,
  kindOf: (mount: T) => NestedPoint['kind'] | undefined,
): NestedPoint[] {
  return mounts.flatMap((one, index) => {
    const kind = kindOf(one);
    if (!kind || holderOf(mounts.slice(0, index), one.target) !== holder) return [];
    return [{ path: posix.relative(holder.target, one.target), kind }];
  });
}

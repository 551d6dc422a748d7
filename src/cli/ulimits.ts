import { UsageError } from '../base/errors.ts';

/** A limit of `--ulimit`; -1 is without limit. */
export interface Ulimit {
  readonly type: string;
  readonly soft: number;
  readonly hard: number;
}

const TYPES = new Set(
  'core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(
    ' ',
  ),
);

/** `nofile=1024` or `nofile=1024:2048`. Throws UsageError. */
export function ulimitOf(text: string): Ulimit {
  const match = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(text);
  const [soft, hard] = [Number(match?.[2]), Number(match?.[3] ?? match?.[2])];
  if (!match?.[1]) throw new UsageError(`invalid ulimit argument: ${text}`);
  if (![soft, hard].every((value) => Number.isSafeInteger(value))) {
    throw new UsageError(`invalid ulimit argument: ${text}: value out of range`);
  }
  if (!TYPES.has(match[1])) throw new UsageError(`invalid ulimit type: ${match[1]}`);
  if (hard !== -1 && (soft > hard || soft === -1)) {
    throw new UsageError(
      `ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`,
    );
  }
  return { type: match[1], soft, hard };
}

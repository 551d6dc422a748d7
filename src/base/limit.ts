import { elapsed } from './clock.ts';
/** Runs at most `slots` of the given functions at a time; the rest wait in order. */
export function limiter(slots: number): <T>(job: () => Promise<T>) => Promise<T> {
  let free = slots;
  const waiting: (() => void)[] = [];
  return async (job) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await job();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

/**
 * Waits for all jobs. The first failure aborts the others through `stop`, and is thrown only
 * when none of them is running any more: no promise outlives the function that started it.
 */
export async function together<T>(
  jobs: readonly Promise<T>[],
  stop: AbortController,
): Promise<T[]> {
  let failure: { readonly reason: unknown } | undefined;
  const settled = await Promise.allSettled(
    jobs.map((job) =>
      job.catch((reason: unknown) => {
        failure ??= { reason };
        stop.abort(reason);
        throw reason;
      }),
    ),
  );
  if (failure) throw failure.reason;
  return settled.map((one) => (one as PromiseFulfilledResult<T>).value);
}

/**
 * Lets timers, pipes and the display run when a synchronous stretch has lasted longer than
 * `budget` milliseconds. File work here is synchronous on purpose: in bulk it is several
 * times cheaper than the promise forms.
 */
export function breather(budget = 40): () => Promise<void> | undefined {
  let last = elapsed();
  return () => {
    if (elapsed() - last < budget) return undefined;
    return new Promise((resolve) =>
      setImmediate(() => {
        last = elapsed();
        resolve();
      }),
    );
  };
}

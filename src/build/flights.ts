/**
 * Steps that run at this moment, by their key. Builds of one process that need the same step wait
 * for it instead of running it again, and so get the very same layer.
 */
export type Flights = Map<string, Promise<unknown>>;

/** Waits until work is over, however it ends, or until the signal aborts. Throws the signal's reason. */
export async function landed(
  work: Promise<unknown>,
  signal: AbortSignal | undefined,
): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      signal?.removeEventListener('abort', done);
      resolve();
    };
    work.then(done, done);
    if (signal?.aborted === true) done();
    else signal?.addEventListener('abort', done, { once: true });
  });
  signal?.throwIfAborted();
}

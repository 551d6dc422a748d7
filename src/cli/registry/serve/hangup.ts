/** Does something at each SIGHUP, one after the other, until it is disposed of. */
export function onHangup(
  job: () => Promise<void>,
  onFailure: (error: unknown) => void,
): AsyncDisposable {
  let last = Promise.resolve();
  const handle = (): void => {
    last = last.then(job).catch(onFailure);
  };
  process.on('SIGHUP', handle);
  return {
    async [Symbol.asyncDispose]() {
      process.off('SIGHUP', handle);
      await last;
    },
  };
}

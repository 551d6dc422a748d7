import type { CallOptions } from '../../base/progress.ts';
import { reporter } from '../../base/reporter.ts';
import { identify } from '../../runtime/process-identity.ts';
import type { Store } from '../../store/store.ts';
import { ContainerConflictError } from '../containers/errors.ts';
import { pauseContainer, unpauseContainer } from '../containers/pause.ts';
import type { Container } from '../containers/record.ts';

/**
 * Stops a running container in its tracks; leaving the scope lets it go on, and so does the next
 * command that writes when this process is killed. One that is paused
 * stays so. Says so where the machine cannot do it.
 */
export function standStill(
  store: Store,
  { id, name, state }: Container,
  options: CallOptions,
): Disposable | undefined {
  if (state !== 'running') return undefined;
  try {
    pauseContainer(store, id, identify(process.pid));
  } catch (error) {
    if (!(error instanceof ContainerConflictError)) throw error;
    // It may just have ended.
    if (!/cannot be paused/.test(error.message)) return undefined;
    reporter(options.progress).warn({
      code: 'NOT_PAUSED',
      message: `container ${name} cannot be paused: what it is writing may be in the image in part`,
    });
    return undefined;
  }
  return {
    [Symbol.dispose]() {
      try {
        unpauseContainer(store, id);
      } catch (error) {
        // Somebody has let it go on, or killed it.
        if (!(error instanceof ContainerConflictError)) throw error;
      }
    },
  };
}

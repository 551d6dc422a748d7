import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { lockFile, type Lock } from '../sys/lock.ts';
import { NetworkSetupError } from './errors.ts';

const PAUSE = 5;
const PATIENCE = 60_000;

/**
 * Lets one at a time change the networks of a store, whichever process it is in. Throws
 * NetworkSetupError when nobody lets go for a minute.
 */
export async function withNetworkLock<T>(
  stateDir: string,
  body: (lock: Lock) => Promise<T>,
): Promise<T> {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const path = join(stateDir, 'network.lock');
  for (let waited = 0; ; waited += PAUSE) {
    // Not by waiting in the kernel: the holder may be in this very process.
    using lock = lockFile(path, { exclusive: true, wait: false });
    if (lock) return await body(lock);
    if (waited > PATIENCE) {
      throw new NetworkSetupError('another stave has been changing networks for a minute', {
        hint: `It holds ${path}.`,
      });
    }
    await new Promise((resolve) => {
      setTimeout(resolve, PAUSE);
    });
  }
}

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isErrno } from '../../base/errors.ts';
import { identify, isAlive, type ProcessIdentity } from '../../runtime/process-identity.ts';
import type { Store } from '../../store/store.ts';
import { lockFile } from '../../sys/lock.ts';

const TRIES = 40;
const BETWEEN = 50;

/** The place of a store's only helper. */
export interface Seat extends Disposable {
  /** From now on nobody counts on this helper. */
  leave(): void;
  /** From now on everybody does. */
  take(): void;
}

/** Whether a helper is at it. Cheap: no lock is tried. */
export function isTended(store: Pick<Store, 'paths'>): boolean {
  const holder = holderOf(store);
  return holder !== undefined && isAlive(holder);
}

/**
 * Takes the place; undefined when another process has it. One that is about to leave is
 * waited for.
 */
export async function takeSeat(store: Pick<Store, 'paths'>): Promise<Seat | undefined> {
  const file = fileOf(store);
  for (let tries = 0; tries < TRIES; tries++) {
    const lock = lockFile(`${file}.lock`, { exclusive: true, wait: false });
    if (lock) {
      const take = (): void =>
        writeFileSync(file, JSON.stringify(identify(process.pid)), { mode: 0o600 });
      const leave = (): void => rmSync(file, { force: true });
      take();
      return {
        take,
        leave,
        [Symbol.dispose]() {
          leave();
          lock[Symbol.dispose]();
        },
      };
    }
    if (isTended(store)) return undefined;
    await pause(BETWEEN);
  }
  return undefined;
}

function fileOf({ paths }: Pick<Store, 'paths'>): string {
  return join(paths.run, 'tend');
}

function holderOf(store: Pick<Store, 'paths'>): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(store), 'utf8')) as ProcessIdentity;
  } catch (error) {
    // Killed while it was written.
    if (isErrno(error, 'ENOENT') || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

import { type FSWatcher, watch } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { StorePaths } from './paths.ts';

/** Writes within so many milliseconds are told as one. */
const TOGETHER = 10;

/**
 * Yields whenever somebody is writing to the database, whatever process it is, until the
 * signal is aborted; the kernel tells of it. What is written may not be visible yet: that is
 * certain in a transaction that waits for its writer (`write` or `note`).
 */
export async function* databaseChanges(
  paths: StorePaths,
  signal: AbortSignal,
): AsyncGenerator<void, void> {
  const log = `${basename(paths.database)}-wal`;
  let wake: (() => void) | undefined;
  let changed = false;
  const ring = (): void => {
    changed = true;
    wake?.();
  };
  using _watcher = watching(paths.root, (name) => {
    if (name === log || name === null) ring();
  });
  const stop = (): void => wake?.();
  signal.addEventListener('abort', stop);
  try {
    while (!signal.aborted) {
      if (!changed) await new Promise<void>((resolve) => (wake = resolve));
      if (signal.aborted) return;
      await pause(TOGETHER);
      changed = false;
      yield;
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function watching(directory: string, told: (name: string | null) => void): Disposable {
  const watcher: FSWatcher = watch(directory, (_, name) => told(name));
  return { [Symbol.dispose]: () => watcher.close() };
}

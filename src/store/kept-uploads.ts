import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { encoded, digestOf } from '../oci/digest.ts';
import { lockFile } from '../sys/lock.ts';
import type { StorePaths } from './paths.ts';

/** After so many milliseconds no registry is asked for an upload any more. */
const LIFE = 24 * 60 * 60 * 1000;

/**
 * What is remembered of one upload for whoever comes after a process that died. Leaving the scope
 * leaves it there, if anything was kept, for a day; one process at a time has it.
 */
export interface KeptUpload extends Disposable {
  /** What was kept last, by this process or by one before it. */
  readonly text: string | undefined;
  keep(text: string): void;
  forget(): void;
}

/** Opens what is remembered under `key`. Undefined while another process works on it. */
export function openKeptUpload(
  { ingest }: StorePaths,
  key: string,
  now: number,
): KeptUpload | undefined {
  // Beside the partial blobs: what nobody comes back for goes with them.
  const path = `${ingest}/${encoded(digestOf(`upload ${key}`))}`;
  const lock = lockFile(path, { exclusive: true, wait: false });
  if (!lock) return undefined;
  let text: string | undefined;
  if (now - statSync(path).mtimeMs < LIFE) text = readFileSync(path, 'utf8') || undefined;
  return {
    get text() {
      return text;
    },
    keep(next) {
      if (next !== text) writeFileSync(path, next);
      text = next;
    },
    forget() {
      text = undefined;
    },
    [Symbol.dispose]() {
      // Removing comes before unlocking: the next one must not find what is to go.
      if (text === undefined) rmSync(path, { force: true });
      lock[Symbol.dispose]();
    },
  };
}

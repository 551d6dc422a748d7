import { rmSync, writeFileSync } from 'node:fs';
import { readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { isErrno } from '../base/errors.ts';
import type { RegistryPaths } from './paths.ts';

/** How long a count is good enough, in milliseconds. */
const LIFE = 5 * 60 * 1000;

/** Writes a little, and removes it again. Throws system errors. */
export function tryWriting({ probe }: RegistryPaths): void {
  try {
    writeFileSync(probe, 'x');
  } finally {
    rmSync(probe, { force: true });
  }
}

/** How much room the disk of a registry has, in bytes. */
export async function diskOf({
  root,
}: RegistryPaths): Promise<{ readonly freeBytes: number; readonly totalBytes: number }> {
  const { bavail, blocks, bsize } = await statfs(root);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

/** Counts contents, now and then. */
export class ContentCount {
  readonly #paths: RegistryPaths;
  readonly #clock: Clock;
  #counted = -Infinity;
  #count: Promise<number> = Promise.resolve(0);

  constructor(paths: RegistryPaths, clock: Clock) {
    this.#paths = paths;
    this.#clock = clock;
  }

  contents(): Promise<number> {
    const now = this.#clock.now().getTime();
    if (Math.abs(now - this.#counted) >= LIFE) {
      this.#counted = now;
      this.#count = countIn(this.#paths.blobs);
    }
    return this.#count;
  }
}

async function countIn(blobs: string): Promise<number> {
  let count = 0;
  for (const algorithm of await names(blobs)) {
    for (const start of await names(join(blobs, algorithm))) {
      count += (await names(join(blobs, algorithm, start))).length;
    }
  }
  return count;
}

async function names(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

import { execFileSync } from 'node:child_process';
import { gzipSync, zstdCompressSync } from 'node:zlib';

/** Compresses with gzip. */
export const gzipped = (data: Buffer): Buffer => gzipSync(data);
/** Compresses with zstd. */
export const zstd = (data: Buffer): Buffer => zstdCompressSync(data);
/** Compresses with the machine's bzip2. */
export const bzip2 = (data: Buffer): Buffer =>
  execFileSync('/usr/bin/bzip2', ['-c'], { input: data });
/** Compresses with the machine's xz. */
export const xz = (data: Buffer): Buffer => execFileSync('/usr/bin/xz', ['-c'], { input: data });

import { openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomHex } from '../../sys/random.ts';
import { writeAll } from '../../sys/write-all.ts';
import { fileReader } from '../file-reader.ts';
import type { UploadReader } from '../storage.ts';

/** Bytes on their way through, for storages that give none back before they are complete. */
export interface Spool {
  append(chunk: Uint8Array): void;
  readonly reader: UploadReader;
}

/** A file without a name, which the kernel removes with the process. */
export function openSpool(): Spool {
  const path = join(tmpdir(), `stave-mirror-${randomHex(16)}`);
  const fd = openSync(path, 'wx+', 0o600);
  rmSync(path);
  let at = 0;
  return {
    append(chunk) {
      writeAll(fd, chunk, at);
      at += chunk.length;
    },
    reader: fileReader(fd),
  };
}

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidInputError } from '../base/errors.ts';
import type { TrustAnchor } from '../engine/trust-types.ts';
import type { Host } from './command.ts';
import { explainOpen } from './files.ts';

/** The largest key file, in bytes; what is longer is refused by who reads it. */
const LIMIT = 1024 * 1024 + 1;
const VARIABLE = 'env://';

/**
 * A key or certificates: a file, or `env://NAME` for the value of a variable. Throws
 * InvalidInputError.
 */
export function anchorFile({ cwd, env }: Pick<Host, 'cwd' | 'env'>, typed: string): TrustAnchor {
  if (typed.startsWith(VARIABLE)) {
    const value = env[typed.slice(VARIABLE.length)];
    if (value === undefined) throw new InvalidInputError(`the variable of ${typed} is not set`);
    return { name: typed, pem: Buffer.from(value) };
  }
  const [, scheme] = /^([a-z0-9]+):\/\//.exec(typed) ?? [];
  if (scheme !== undefined) {
    throw new InvalidInputError(`keys are read from files and variables, not from ${scheme}://`);
  }
  try {
    return { name: typed, pem: readStart(resolve(cwd, typed)) };
  } catch (error) {
    throw explainOpen(error, typed) ?? error;
  }
}

function readStart(path: string): Buffer {
  const fd = openSync(path, 'r');
  try {
    const data = Buffer.alloc(Math.min(LIMIT, Math.max(fstatSync(fd).size, 64 * 1024)));
    let size = 0;
    for (let count = -1; count !== 0 && size < data.length; size += count) {
      count = readSync(fd, data, size, data.length - size, null);
    }
    return data.subarray(0, size);
  } finally {
    closeSync(fd);
  }
}

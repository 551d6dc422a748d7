import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isErrno } from '../../base/errors.ts';
import { Fields, parseJson } from '../../oci/json.ts';
import { DESCRIPTOR_COUNT_LIMIT, DOCUMENT_LIMIT } from '../../oci/limits.ts';
import { parseDescriptor } from '../../oci/parse-manifest.ts';
import type { ListMember } from '../list-types.ts';

/** The lists that are being made, one file each, named by the digest of the list's name. */
export interface KeptLists {
  get(name: string): readonly ListMember[] | undefined;
  set(name: string, members: readonly ListMember[]): void;
  /** False when there is none. */
  delete(name: string): boolean;
}

/** Those in a directory, which need not be there yet. */
export function keptLists(directory: string): KeptLists {
  const path = (name: string): string =>
    `${directory}/${createHash('sha256').update(name).digest('hex')}.json`;
  return {
    get(name) {
      let data: Buffer;
      try {
        data = readFileSync(path(name));
      } catch (error) {
        if (isErrno(error, 'ENOENT')) return undefined;
        throw error;
      }
      const what = `the list ${name}`;
      return new Fields(parseJson(data, DOCUMENT_LIMIT, what), what)
        .list('members', DESCRIPTOR_COUNT_LIMIT)
        .map((value) => ({
          ...parseDescriptor(value, `a member of ${what}`),
          from: new Fields(value, `a member of ${what}`).text('from'),
        }));
    },
    set(name, members) {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const temporary = `${directory}/.${randomBytes(8).toString('hex')}`;
      try {
        const text = JSON.stringify({ name, members });
        writeFileSync(temporary, text, { flag: 'wx', mode: 0o600, flush: true });
        renameSync(temporary, path(name));
      } catch (error) {
        rmSync(temporary, { force: true });
        throw error;
      }
    },
    delete(name) {
      try {
        rmSync(path(name));
        return true;
      } catch (error) {
        if (isErrno(error, 'ENOENT')) return false;
        throw error;
      }
    },
  };
}

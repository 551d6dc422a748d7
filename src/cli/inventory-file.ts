import { resolve } from 'node:path';
import { collect } from '../base/bytes.ts';
import { InvalidInputError } from '../base/errors.ts';
import type { Inventory } from '../engine/archive-types.ts';
import { isDigest } from '../oci/digest.ts';
import { Fields, parseJson } from '../oci/json.ts';
import type { Input } from './command.ts';
import { fileBytes } from './files.ts';

const LIMIT = 64 * 1024 * 1024;
const COUNT_LIMIT = 500_000;
/** Of the form; a reader of one form says so when it meets another. */
const VERSION = 1;

/** What `stave inventory` prints: one digest in a line, for people and for `diff`. */
export function inventoryText({ blobs, layers, chains }: Inventory): string {
  return JSON.stringify({ staveInventory: VERSION, blobs, layers, chains }, undefined, 1);
}

/** Reads an inventory from a file, or from standard input for `-`. Throws InvalidInputError. */
export async function readInventory(cwd: string, typed: string, stdin: Input): Promise<Inventory> {
  if (typed === '-' && stdin.terminal) {
    throw new InvalidInputError('requested an inventory from stdin, but stdin is a terminal');
  }
  const bytes = typed === '-' ? stdin.bytes() : fileBytes(resolve(cwd, typed), typed);
  const what = typed === '-' ? 'the inventory' : typed;
  try {
    const fields = new Fields(parseJson(await collect(bytes, LIMIT), LIMIT, what), what);
    const digests = (key: string): readonly string[] => {
      const found = fields.optionalTexts(key, COUNT_LIMIT) ?? [];
      const wrong = found.find((one) => !isDigest(one));
      if (wrong === undefined) return found;
      throw new InvalidInputError(
        `${what} lists ${JSON.stringify(wrong.slice(0, 80))} as a digest`,
      );
    };
    if (fields.json['staveInventory'] !== VERSION) {
      throw new InvalidInputError(`${what} is no inventory of form ${VERSION}`);
    }
    return { blobs: digests('blobs'), layers: digests('layers'), chains: digests('chains') };
  } catch (error) {
    if (error instanceof RangeError) throw new InvalidInputError(`${what} is too large`);
    if (!(error instanceof InvalidInputError) || error.hint !== undefined) throw error;
    throw new InvalidInputError(error.message, {
      hint: "It should be what 'stave inventory' prints in the other store.",
    });
  }
}

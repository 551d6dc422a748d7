import { csvFields } from '../base/csv.ts';
import { ValueError } from './errors.ts';

/** One cache, output or attestation: `type` and what belongs to it, by key. */
export type Entry = ReadonlyMap<string, string>;

/** A secret by its id, from a file or a variable of the environment. */
export interface SecretEntry {
  readonly id: string;
  readonly src?: string;
  readonly env?: string;
}

/** Keys or an agent's socket, by id. */
export interface SshEntry {
  readonly id: string;
  readonly paths: readonly string[];
}

/** Entries of one attribute, where some are repeated. */
const MOST = 1000;

/** Kinds of entries that are maps. */
export type EntryKind = 'cache' | 'output' | 'attest';

/** Reads `type=…,key=value` or the short form of a kind; a list of image names makes several caches. Throws ValueError. */
export function parseEntries(kind: EntryKind, text: string): Entry[] {
  if (text === '') return [];
  const fields = csv(text);
  if (kind === 'cache' && !text.includes('=')) {
    return fields.map(
      (ref) =>
        new Map([
          ['type', 'registry'],
          ['ref', ref],
        ]),
    );
  }
  if (kind === 'output' && fields.length === 1 && !text.startsWith('type=')) {
    if (text === '-')
      return [
        new Map([
          ['type', 'tar'],
          ['dest', '-'],
        ]),
      ];
    if (fields[0] === text)
      return [
        new Map([
          ['type', 'local'],
          ['dest', text],
        ]),
      ];
  }
  return [checkEntry(kind, new Map(fields.map(pair)))];
}

/** Gives back an entry that has a type. Throws ValueError. */
export function checkEntry(kind: EntryKind, entry: Entry): Entry {
  if (entry.get('type')) return entry;
  if (kind === 'output') throw new ValueError('type is required for output');
  if (kind === 'attest') throw new ValueError('attestation type not specified');
  throw new ValueError(`type required for ${JSON.stringify(entryText(entry))}`);
}

/** The text that {@link parseEntries} reads as this entry: its type, then its keys. */
export function entryText(entry: Entry): string {
  const keys = [...entry.keys()].filter((key) => key !== 'type').toSorted();
  return ['type', ...keys]
    .filter((key) => entry.has(key))
    .map((key) => `${key}=${entry.get(key) ?? ''}`)
    .map((field) => (/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(',');
}

/** Reads `id=…,src=…` or `env=…`. Throws ValueError. */
export function parseSecret(text: string): SecretEntry {
  const found = new Map(csv(text).map(pair));
  for (const key of found.keys()) {
    if (!['id', 'type', 'src', 'source', 'env'].includes(key)) {
      throw new ValueError(`unexpected key '${key}' in '${key}=${found.get(key) ?? ''}'`);
    }
  }
  return secretOf(found);
}

/** A secret from its keys. Throws ValueError. */
export function secretOf(found: ReadonlyMap<string, string>): SecretEntry {
  const type = found.get('type');
  if (type !== undefined && type !== 'file' && type !== 'env') {
    throw new ValueError(`unsupported secret type ${JSON.stringify(type)}`);
  }
  let src = found.get('src') ?? found.get('source') ?? '';
  let env = found.get('env') ?? '';
  if (type === 'env' && env === '') [src, env] = ['', src];
  return { id: found.get('id') ?? '', ...(src !== '' && { src }), ...(env !== '' && { env }) };
}

/** The text that {@link parseSecret} reads as this secret. */
export function secretText({ id, src, env }: SecretEntry): string {
  const fields = new Map<string, string>([['id', id]]);
  if (src !== undefined) fields.set('src', src);
  if (env !== undefined) fields.set('env', env);
  return entryText(fields);
}

/** Reads `id` or `id=path,path`. */
export function parseSsh(text: string): SshEntry {
  const at = text.indexOf('=');
  if (at < 0) return { id: text, paths: [] };
  return { id: text.slice(0, at), paths: text.slice(at + 1).split(',') };
}

/** Of entries with the same key, the last counts, at the place of the first. */
export function lastOfEach<T>(entries: readonly T[], keyOf: (entry: T) => string): T[] {
  const found = new Map<string, T>();
  for (const entry of entries) found.set(keyOf(entry), entry);
  return [...found.values()];
}

/**
 * Each entry once. A repeated one makes room for the last of the list, as buildx does it, so
 * that outputs come in the same order.
 */
export function withoutRepeats(entries: readonly Entry[]): Entry[] {
  const left = entries.map((entry) => ({ entry, text: entryText(entry) }));
  if (new Set(left.map(({ text }) => text)).size === left.length) return [...entries];
  if (left.length > MOST) throw new ValueError(`more than ${MOST} entries`);
  for (let index = left.length - 2; index >= 0; index -= 1) {
    const text = left[index]?.text;
    const again = left.findIndex((other, at) => at > index && other.text === text);
    const last = again < 0 ? undefined : left.pop();
    if (last !== undefined && again < left.length) left[again] = last;
  }
  return left.map(({ entry }) => entry);
}

function pair(field: string): [string, string] {
  const at = field.indexOf('=');
  if (at < 0) throw new ValueError(`invalid field '${field}' must be a key=value pair`);
  return [field.slice(0, at).trim().toLowerCase(), field.slice(at + 1)];
}

function csv(text: string): string[] {
  try {
    return csvFields(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ValueError(`${JSON.stringify(text)}: ${error.message}`);
  }
}

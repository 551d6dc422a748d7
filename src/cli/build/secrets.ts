import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { csvFields } from '../../base/csv.ts';
import { InvalidInputError } from '../../base/errors.ts';
import { explainOpen } from '../files.ts';

/** Where the values of `--secret` and `--ssh` come from. */
interface Place {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Bytes. Other builders take no larger ones either. */
const SECRET_LIMIT = 500 * 1024;
const SECRET_KEYS = ['id', 'type', 'src', 'source', 'env'];

/**
 * Values of `--secret id=x[,src=file|,env=VAR][,type=file|env]` by their id. Without a source
 * it is the variable of that name, else the file. A variable that is not set gives none.
 * Throws InvalidInputError.
 */
export function secretsOf(texts: readonly string[], place: Place): Record<string, Uint8Array> {
  const secrets: Record<string, Uint8Array> = Object.create(null) as Record<string, Uint8Array>;
  for (const text of texts) {
    const fields = fieldsOf(text);
    const { id, type } = fields;
    let { src, env } = fields;
    if (type === 'env' && env === undefined) [src, env] = [undefined, src];
    if (src === undefined && env === undefined) {
      if (type !== 'file' && place.env[id] !== undefined) env = id;
      else src = id;
    }
    const value = env === undefined ? readSecret(src ?? id, id, place) : place.env[env];
    if (value !== undefined) secrets[id] = Buffer.from(value as Uint8Array);
  }
  return secrets;
}

interface SecretFields {
  readonly id: string;
  readonly type?: string;
  readonly src?: string;
  readonly env?: string;
}

function fieldsOf(text: string): SecretFields {
  const found = new Map<string, string>();
  for (const field of csvOf(text)) {
    const equals = field.indexOf('=');
    if (equals < 0) {
      throw new InvalidInputError(`invalid field '${field}' must be a key=value pair`, {
        hint: 'Write --secret id=NAME,src=FILE or --secret id=NAME,env=VARIABLE.',
      });
    }
    const key = field.slice(0, equals).toLowerCase();
    if (!SECRET_KEYS.includes(key)) {
      throw new InvalidInputError(`unexpected key '${key}' in '${key}=…' of --secret`);
    }
    found.set(key === 'source' ? 'src' : key, field.slice(equals + 1));
  }
  const id = found.get('id');
  if (!id) throw new InvalidInputError('--secret: an id is missing');
  const type = found.get('type');
  if (type !== undefined && type !== 'file' && type !== 'env') {
    throw new InvalidInputError(`unsupported secret type ${JSON.stringify(type)}`);
  }
  return { ...Object.fromEntries(found), id };
}

function csvOf(text: string): string[] {
  try {
    return csvFields(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InvalidInputError(`failed to parse csv secret: ${error.message}`);
  }
}

/** Once, and in a stream: it may be a pipe. */
function readSecret(typed: string, id: string, { cwd }: Place): Uint8Array {
  const buffer = Buffer.alloc(SECRET_LIMIT + 1);
  let length = 0;
  try {
    const fd = openSync(resolve(cwd, typed), 'r');
    try {
      for (let more = 1; more > 0 && length < buffer.length; length += more) {
        more = readSync(fd, buffer, length, buffer.length - length, null);
      }
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw explainOpen(error, typed) ?? error;
  }
  if (length <= SECRET_LIMIT) return buffer.subarray(0, length);
  throw new InvalidInputError(`secret ${id} too big. max size ${SECRET_LIMIT} bytes`);
}

/**
 * What `--ssh default|id[=socket|key[,key]]` names, by id; paths absolute. Throws
 * InvalidInputError.
 */
export function sshOf(texts: readonly string[], { cwd, env }: Place): Record<string, string[]> {
  const sources: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const text of texts) {
    const equals = text.indexOf('=');
    const id = equals < 0 ? text : text.slice(0, equals);
    const typed = equals < 0 ? [] : text.slice(equals + 1).split(',');
    const paths = typed.length > 0 ? typed : [env['SSH_AUTH_SOCK'] ?? ''];
    if (id === '')
      throw new InvalidInputError(`invalid --ssh ${JSON.stringify(text)}: an id is missing`);
    if (sources[id]) throw new InvalidInputError(`--ssh ${id} is given twice`);
    if (paths.includes('')) {
      throw new InvalidInputError('invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set');
    }
    sources[id] = paths.map((path) => resolve(cwd, path));
    const missing = paths.find((path) => !existsSync(resolve(cwd, path)));
    if (missing !== undefined) {
      throw new InvalidInputError(`--ssh ${id}: ${missing}: no such file or directory`);
    }
  }
  return sources;
}

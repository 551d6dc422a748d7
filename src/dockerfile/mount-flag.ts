import { goQuote } from '../base/go-quote.ts';
import { closest } from '../base/suggest.ts';
import type { MountField, MountType, RunMount, Span } from './ast.ts';
import { parseByteSize } from './byte-size.ts';
import { csvFields } from './csv.ts';
import { InstructionValueError } from './errors.ts';

/** A `--mount` with its values expanded, checked and typed. Absent means not given. */
export interface Mount {
  readonly type: MountType;
  /** Stage, image or context to take the source from. */
  readonly from?: string;
  readonly source?: string;
  readonly target?: string;
  readonly readonly: boolean;
  /** tmpfs: bytes. */
  readonly size?: number;
  /** cache, secret, ssh. */
  readonly id?: string;
  /** cache. */
  readonly sharing?: 'shared' | 'private' | 'locked';
  /** secret and ssh: fail when it is not there. */
  readonly required: boolean;
  /** secret: the variable that gets the value; empty means the default name. */
  readonly env?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

const TYPES: readonly string[] = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'];
const SHARING: readonly string[] = ['shared', 'private', 'locked'];
/** Keys and what they are called here; the order is the one in which near misses are looked up. */
const KEYS: ReadonlyMap<string, MountField['key']> = new Map([
  ['type', 'type'],
  ['from', 'from'],
  ['source', 'source'],
  ['target', 'target'],
  ['readonly', 'readonly'],
  ['id', 'id'],
  ['sharing', 'sharing'],
  ['required', 'required'],
  ['size', 'size'],
  ['mode', 'mode'],
  ['uid', 'uid'],
  ['gid', 'gid'],
  ['src', 'source'],
  ['dst', 'target'],
  ['destination', 'target'],
  ['ro', 'readonly'],
  ['rw', 'readwrite'],
  ['readwrite', 'readwrite'],
  ['env', 'env'],
]);

/**
 * Splits the value of a `--mount` flag. Only what needs no variable is checked: the rest waits
 * for {@link resolveMount}. Throws {@link InstructionValueError}.
 */
export function readMount(raw: string, span: Span): RunMount {
  const fields = csv(raw).map((text): MountField => {
    const equals = text.indexOf('=');
    const written = (equals < 0 ? text : text.slice(0, equals)).toLowerCase();
    const key = KEYS.get(written);
    const value = equals < 0 ? undefined : text.slice(equals + 1);
    return { text, written, ...(key && { key }), ...(value !== undefined && { value }) };
  });
  const from = fields.findLast((field) => field.key === 'from')?.value;
  for (const field of fields) {
    const dollar = field.key === 'from' ? (field.value ?? '').indexOf('$') : -1;
    if (dollar >= 0 && dollar !== (field.value ?? '').length - 1) {
      throw new InstructionValueError(
        "'from' doesn't support variable expansion, define alias stage instead",
      );
    }
  }
  return { raw, span, fields, ...(from !== undefined && { from }) };
}

type Draft = { -readonly [Key in keyof Mount]: Mount[Key] };

/**
 * Expands the values of a mount with `expand` and checks them, in the order written, as the rules
 * of its type say. Throws {@link InstructionValueError}, and what `expand` throws.
 *
 * @see https://docs.docker.com/reference/dockerfile/#run---mount
 */
export function resolveMount(mount: RunMount, expand: (word: string) => string): Mount {
  const draft: Draft = { type: 'bind', readonly: false, required: false };
  let access: boolean | undefined;
  for (const field of mount.fields) {
    const { key, written } = field;
    if (field.value === undefined) {
      if (key === 'readonly' || key === 'readwrite') access = key === 'readonly';
      else if (key === 'required') setRequired(draft, written, 'true');
      else {
        throw new InstructionValueError(`invalid field '${field.text}' must be a key=value pair`);
      }
      continue;
    }
    const value = key === 'from' ? field.value : expand(field.value);
    if (key === 'readonly') access = boolean(written, value);
    else if (key === 'readwrite') access = !boolean(written, value);
    else set(draft, field, value);
  }
  draft.readonly = access ?? (draft.type !== 'cache' && draft.type !== 'tmpfs');
  checkTogether(draft);
  return draft;
}

function set(draft: Draft, field: MountField, value: string): void {
  switch (field.key) {
    case 'type':
      draft.type = oneOf(TYPES, value, 'unsupported mount type') as MountType;
      break;
    case 'from':
    case 'source':
    case 'target':
    case 'id':
    case 'env':
      draft[field.key] = value;
      break;
    case 'required':
      setRequired(draft, field.written, value);
      break;
    case 'size':
      if (draft.type !== 'tmpfs') throw unexpected(field.written, draft.type);
      draft.size = parseByteSize(value) ?? fail(`invalid value for size: ${value}`);
      break;
    case 'sharing':
      draft.sharing = oneOf(SHARING, value, 'unsupported sharing value') as 'shared';
      break;
    case 'mode':
      draft.mode = number(value, 8) ?? fail(`invalid value ${value} for mode`);
      break;
    case 'uid':
    case 'gid':
      draft[field.key] = number(value, 10) ?? fail(`invalid value ${value} for ${field.key}`);
      break;
    default:
      throw unknownKey(field);
  }
}

function setRequired(draft: Draft, written: string, value: string): void {
  if (draft.type !== 'secret' && draft.type !== 'ssh') throw unexpected(written, draft.type);
  draft.required = boolean(written, value);
}

function checkTogether(draft: Draft): void {
  const { type } = draft;
  if (type === 'bind' || type === 'tmpfs') {
    for (const key of ['mode', 'uid', 'gid'] as const) {
      if (draft[key] !== undefined) fail(`${key} not allowed for "${type}" type mounts`);
    }
  }
  if (type === 'secret') {
    if (draft.from) fail('secret mount should not have a from');
    if (draft.sharing) fail('secret mount should not define sharing');
    if (!draft.source && !draft.target && !draft.id) {
      fail('invalid secret mount. one of source, target required');
    }
    if (draft.source && draft.id) fail("both source and id can't be set");
  }
  if (draft.sharing && type !== 'cache') fail(`invalid cache sharing set for ${type} mount`);
}

function csv(raw: string): string[] {
  try {
    return csvFields(raw);
  } catch (error) {
    if (!(error instanceof InstructionValueError)) throw error;
    throw new InstructionValueError(`failed to parse csv mounts: ${error.message}`);
  }
}

function oneOf(allowed: readonly string[], value: string, problem: string): string {
  const lower = value.toLowerCase();
  if (allowed.includes(lower)) return lower;
  return fail(`${problem} ${goQuote(value)}${suggestion(value, allowed)}`);
}

/** A number without sign below 2^32. */
function number(value: string, base: 8 | 10): number | undefined {
  if (!(base === 8 ? /^[0-7]{1,20}$/ : /^\d{1,20}$/).test(value)) return undefined;
  const parsed = Number.parseInt(value, base);
  return parsed < 2 ** 32 ? parsed : undefined;
}

/** The spellings that Go's `strconv.ParseBool` takes. */
function boolean(key: string, value: string): boolean {
  if (/^(?:1|t|T|true|TRUE|True)$/.test(value)) return true;
  if (/^(?:0|f|F|false|FALSE|False)$/.test(value)) return false;
  return fail(`invalid value for ${key}: ${value}`);
}

function unexpected(key: string, type: string): InstructionValueError {
  return new InstructionValueError(`unexpected key '${key}' for mount type '${type}'`);
}

function unknownKey(field: MountField): InstructionValueError {
  const hint = suggestion(field.written, [...KEYS.keys()]);
  return new InstructionValueError(`unexpected key '${field.written}' in '${field.text}'${hint}`);
}

function suggestion(value: string, candidates: readonly string[]): string {
  const near = closest(value, candidates);
  return near === undefined ? '' : ` (did you mean ${near}?)`;
}

function fail(message: string): never {
  throw new InstructionValueError(message);
}

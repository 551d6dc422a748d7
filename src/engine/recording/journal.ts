import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { isErrno } from '../../base/errors.ts';
import { MAGIC } from './shell-files.ts';
import { wordsOf } from './shell-words.ts';

/** Bytes of a journal that are read: some thousand prompts. */
const LIMIT = 16 * 1024 * 1024;
const FIELDS = 12;

/** What a shell wrote at one prompt. All of it is what the container says, true or not. */
export interface Prompt {
  /** Where its record ends in the journal. */
  readonly end: number;
  readonly shell: 'bash' | 'ash' | 'sh';
  /** Tells shells apart. */
  readonly pid: string;
  /** Counts prompts; of shells other than bash. */
  readonly number: number;
  /** Of the command before it. */
  readonly status: number;
  readonly directory: string;
  /** How many lines were asked for with the second prompt so far. */
  readonly continued: number;
  /** As the shell's `history` prints it. */
  readonly history: string;
  /** The shell's own variables, exported or not. */
  readonly variables: ReadonlyMap<string, string>;
  readonly exported: ReadonlyMap<string, string>;
  readonly uid: number;
  readonly gid: number;
  readonly umask: number;
}

/** Reads a journal from an offset on; what is no record is skipped. */
export function readJournal(path: string, from = 0): Prompt[] {
  return parseJournal(readBytes(path, from), from);
}

function readBytes(path: string, from: number): Buffer {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return Buffer.alloc(0);
    throw error;
  }
  try {
    const { size } = fstatSync(fd);
    const bytes = Buffer.alloc(Math.max(0, Math.min(size, LIMIT) - from));
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, from));
  } finally {
    closeSync(fd);
  }
}

/** The records in the bytes of a journal; `offset` is where these begin. */
export function parseJournal(bytes: Buffer, offset = 0): Prompt[] {
  const found: Prompt[] = [];
  const magic = Buffer.from(`${MAGIC}\0`);
  let at = bytes.indexOf(magic);
  while (at !== -1) {
    const next = bytes.indexOf(magic, at + magic.length);
    const [fields, end] = fieldsFrom(bytes, at);
    const whole = fields.length === FIELDS && fields[FIELDS - 1] === 'end';
    // Two shells may write at once: then neither record can be told.
    if (whole && (next === -1 || end <= next)) {
      const prompt = promptOf(fields, offset + end);
      if (prompt) found.push(prompt);
    }
    at = next;
  }
  return found;
}

function fieldsFrom(bytes: Buffer, from: number): [string[], number] {
  const fields: string[] = [];
  let at = from;
  while (fields.length < FIELDS) {
    const end = bytes.indexOf(0, at);
    if (end === -1) break;
    fields.push(bytes.toString('utf8', at, end));
    at = end + 1;
  }
  return [fields, at];
}

function promptOf(fields: readonly string[], end: number): Prompt | undefined {
  const [, shell, pid = '', number, status, directory = '', continued] = fields;
  const [history = '', set = '', exports = '', process = ''] = fields.slice(7);
  if (shell !== 'bash' && shell !== 'ash' && shell !== 'sh') return undefined;
  if (!/^\d{1,10}$/.test(pid) || !directory.startsWith('/')) return undefined;
  const ids = (name: string): number =>
    Number(new RegExp(`^${name}: *(\\d+)`, 'm').exec(process)?.[1] ?? Number.NaN);
  const [uid, gid] = [ids('Uid'), ids('Gid')];
  const umask = /^Umask: *([0-7]{1,4})$/m.exec(process)?.[1];
  if (!Number.isSafeInteger(uid) || !Number.isSafeInteger(gid)) return undefined;
  return {
    end,
    shell,
    pid,
    number: Number(number),
    status: Number(status),
    directory,
    continued: Number(continued),
    history,
    variables: assignments(wordsOf(set)),
    exported: assignments(wordsOf(exports)),
    uid,
    gid,
    umask: Number.parseInt(umask ?? '022', 8),
  };
}

const NAME = /^([A-Za-z_]\w*)=/;

/** The words that give a variable a value. Arrays are none. */
function assignments(words: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const word of words) {
    const name = NAME.exec(word)?.[1];
    if (name === undefined) continue;
    const value = word.slice(name.length + 1);
    if (!value.startsWith('(')) found.set(name, value);
  }
  return found;
}

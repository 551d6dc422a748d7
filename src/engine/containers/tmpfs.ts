import { UsageError } from '../../base/errors.ts';
import { volumeTarget } from './volumes.ts';

/** One `--tmpfs`, understood. */
export interface Tmpfs {
  readonly target: string;
  /** Bytes. */
  readonly size?: number;
  readonly mode?: number;
  readonly options: readonly string[];
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };
const DEFAULTS = ['noexec', 'nosuid', 'nodev'];
const FLAGS = new Set([
  'rw',
  'ro',
  'exec',
  'suid',
  'dev',
  'sync',
  'noatime',
  'relatime',
  ...DEFAULTS,
]);

/** Reads `target[:options]`; options are mount flags, `size` and `mode`. Throws UsageError. */
export function parseTmpfs(text: string): Tmpfs {
  const colon = text.indexOf(':');
  const target = volumeTarget(colon === -1 ? text : text.slice(0, colon), text);
  const words = colon === -1 ? [] : text.slice(colon + 1).split(',');
  const flags: string[] = [];
  let size: number | undefined;
  let mode: number | undefined;
  for (const word of words) {
    const [, amount, unit] = /^size=(\d+)([kmg]?)$/i.exec(word) ?? [];
    const [, digits] = /^mode=([0-7]{1,4})$/.exec(word) ?? [];
    if (amount !== undefined) size = Number(amount) * (UNITS[unit?.toLowerCase() ?? ''] ?? 1);
    else if (digits !== undefined) mode = Number.parseInt(digits, 8);
    else if (FLAGS.has(word)) flags.push(word);
    else throw new UsageError(`invalid tmpfs option "${word}"`);
  }
  const options = [...DEFAULTS.filter((one) => !flags.includes(one.slice(2))), ...flags];
  return {
    target,
    options: [...new Set(options)],
    ...(size !== undefined && { size }),
    ...(mode !== undefined && { mode }),
  };
}

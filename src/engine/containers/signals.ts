import { constants } from 'node:os';
import { UsageError } from '../../base/errors.ts';

const FIRST_REALTIME = 34;
const LAST = 64;

/** `TERM`, `SIGTERM`, `15`, `RTMIN+3` as a number. Throws UsageError. */
export function signalNumber(text: string): number {
  const wrong = (): UsageError => new UsageError(`invalid signal: ${text}`, { exitCode: 1 });
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    if (number < 1 || number > LAST) throw wrong();
    return number;
  }
  const name = text.toUpperCase().replace(/^SIG/, '');
  const known = (constants.signals as Readonly<Record<string, number>>)[`SIG${name}`];
  if (known !== undefined) return known;
  const [, edge, sign, offset] = /^RT(MIN|MAX)(?:([+-])(\d+))?$/.exec(name) ?? [];
  if (edge === undefined) throw wrong();
  const base = edge === 'MIN' ? FIRST_REALTIME : LAST;
  const number = base + (sign === '-' ? -1 : 1) * Number(offset ?? 0);
  if (number < FIRST_REALTIME || number > LAST) throw wrong();
  return number;
}

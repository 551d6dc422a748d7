import { closest } from '../base/suggest.ts';
import { InstructionValueError } from './errors.ts';

/** Names of Linux signals without `SIG`, at the place of their number; `RTMIN` is 34. */
const NAMES = (
  '- HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP ' +
  'TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'
).split(' ');
const ALIASES = new Map([
  ['IOT', 6],
  ['CLD', 17],
  ['POLL', 29],
]);
const RTMIN = 34;
const RTMAX = 64;

/**
 * Number of a signal given as a number or a name, with or without `SIG`, in any case;
 * `RTMIN+n` to 15 and `RTMAX-n` to 14 are names too. Any number but 0 is taken as it is, as BuildKit
 * does, negative ones too. Throws {@link InstructionValueError} for any other.
 *
 * @see https://man7.org/linux/man-pages/man7/signal.7.html
 */
export function checkSignal(text: string): number {
  const number = /^[+-]?\d+$/.test(text) ? Number(text) : named(text);
  if (number === undefined || number === 0 || !Number.isSafeInteger(number)) {
    const near = closest(text.toUpperCase().replace(/^SIG/, ''), [
      ...NAMES.slice(1),
      ...ALIASES.keys(),
    ]);
    const hint = near === undefined ? '' : ` (did you mean SIG${near}?)`;
    throw new InstructionValueError(`invalid signal: ${text}${hint}`);
  }
  return number;
}

function named(text: string): number | undefined {
  const name = text.toUpperCase().replace(/^SIG/, '');
  const realTime = /^RTM(?:IN(?:\+(\d{1,2}))?|AX(?:-(\d{1,2}))?)$/.exec(name);
  if (realTime) {
    const up = Number(realTime[1] ?? 0);
    const down = Number(realTime[2] ?? 0);
    if (up > 15 || down > 14) return undefined;
    return name.startsWith('RTMIN') ? RTMIN + up : RTMAX - down;
  }
  const index = NAMES.indexOf(name);
  return index > 0 ? index : ALIASES.get(name);
}

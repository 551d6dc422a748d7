import { goQuote } from '../base/go-quote.ts';
import type { Healthcheck } from './ast.ts';
import { parseDuration } from './duration.ts';
import { InstructionValueError } from './errors.ts';
import { type FlagKind, type Flags, readFlags } from './flags.ts';
import type { InstructionNode } from './nodes.ts';

const KNOWN: ReadonlyMap<string, FlagKind> = new Map([
  ['interval', 'value'],
  ['timeout', 'value'],
  ['start-period', 'value'],
  ['start-interval', 'value'],
  ['retries', 'value'],
]);
/** Nanoseconds: nothing shorter is taken, but for 0, which means the default. */
const SHORTEST = 1_000_000;

/** What HEALTHCHECK puts into the image config. Throws {@link InstructionValueError}. */
export function healthcheck(node: InstructionNode): Healthcheck {
  const [type, ...rest] = node.args;
  if (!type) throw new InstructionValueError('HEALTHCHECK requires at least one argument');
  const kind = type.value.toUpperCase();
  if (kind === 'NONE') {
    if (rest.length > 0) throw new InstructionValueError('HEALTHCHECK NONE takes no arguments');
    return {
      test: ['NONE'],
      interval: 0,
      timeout: 0,
      startPeriod: 0,
      startInterval: 0,
      retries: 0,
    };
  }
  const flags = readFlags(node.flags, KNOWN);
  if (kind !== 'CMD') {
    throw new InstructionValueError(`Unknown type ${goQuote(kind)} in HEALTHCHECK (try CMD)`, {
      at: type,
    });
  }
  if (rest.length === 0) throw new InstructionValueError('Missing command after HEALTHCHECK CMD');
  const duration = (name: string): number => flagged(flags, name, (text) => interval(name, text));
  return {
    test: [node.json ? 'CMD' : 'CMD-SHELL', ...rest.map((arg) => arg.value)],
    interval: duration('interval'),
    timeout: duration('timeout'),
    startPeriod: duration('start-period'),
    startInterval: duration('start-interval'),
    retries: flagged(flags, 'retries', retries),
  };
}

/** Reads the value of a flag; what is wrong with it points there. */
function flagged(flags: Flags, name: string, read: (text: string) => number): number {
  const [flag] = flags.get(name) ?? [];
  try {
    return read(flag?.value ?? '');
  } catch (error) {
    if (!(error instanceof InstructionValueError)) throw error;
    const { message, hint } = error;
    throw new InstructionValueError(message, { ...(flag && { at: flag }), hint });
  }
}

function interval(name: string, text: string): number {
  if (text === '') return 0;
  const duration = parseDuration(text);
  if (duration !== 0 && duration < SHORTEST) {
    throw new InstructionValueError(`Interval ${goQuote(name)} cannot be less than 1ms`);
  }
  return duration;
}

function retries(text: string): number {
  if (text === '') return 0;
  if (!/^[+-]?\d+$/.test(text)) {
    throw new InstructionValueError(`strconv.ParseInt: parsing ${goQuote(text)}: invalid syntax`);
  }
  const count = Number(text);
  if (Math.abs(count) >= 2 ** 31) {
    throw new InstructionValueError(
      `strconv.ParseInt: parsing ${goQuote(text)}: value out of range`,
    );
  }
  if (count < 0) throw new InstructionValueError(`--retries cannot be negative (${count})`);
  return count;
}

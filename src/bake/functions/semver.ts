import { ValueError } from '../errors.ts';
import type { PlainFunction } from '../eval/scope.ts';
import { bool } from '../value/value.ts';
import { define, takes, text } from './define.ts';

interface Version {
  readonly numbers: readonly [number, number, number];
  readonly pre: readonly string[];
  /** How many of the numbers were written. */
  readonly written: number;
}

const VERSION = /^[vV]?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;
const PART = /^(==|!=|>=|=>|<=|=<|~>|=|>|<|~|\^)?\s*(\S+)$/;

/**
 * `semvercmp(version, constraint)`: `,` and blanks mean and, `||` means or.
 *
 * @see https://github.com/Masterminds/semver#checking-version-constraints
 */
export const SEMVER: Readonly<Record<string, PlainFunction>> = {
  semvercmp: define([takes.text('version'), takes.text('contraint')], (args) => {
    const version = parse(text(args, 0));
    if (version === undefined) throw new ValueError('invalid semantic version');
    return bool(
      text(args, 1)
        .split('||')
        .map(readAll)
        .some((tests) => tests.every((test) => test(version))),
    );
  }),
};

function parse(typed: string): Version | undefined {
  const [whole, major, minor, patch, pre] = VERSION.exec(typed.trim()) ?? [];
  if (whole === undefined) return undefined;
  return {
    numbers: [Number(major), Number(minor ?? 0), Number(patch ?? 0)],
    pre: pre === undefined ? [] : pre.split('.'),
    written: patch !== undefined ? 3 : minor !== undefined ? 2 : 1,
  };
}

type Test = (version: Version) => boolean;

function readAll(typed: string): Test[] {
  const hyphens = typed.replace(/(\S+)\s+-\s+(\S+)/g, '>=$1 <=$2');
  const parts = hyphens
    .replace(/([=!<>~^])\s+/g, '$1')
    .split(/[\s,]+/)
    .filter((part) => part !== '');
  if (parts.length === 0) throw improper(typed);
  return parts.map(read);
}

function improper(typed: string): ValueError {
  return new ValueError(`improper constraint: ${typed}`);
}

function read(typed: string): Test {
  const [, operator = '', right = ''] = PART.exec(typed) ?? [];
  const wild = right.replace(/(^|\.)[xX*](?=\.|$).*/, '');
  const bound = wild === '' && right !== '' ? any() : parse(wild);
  if (bound === undefined) throw improper(typed);
  const base = wild === '' ? { ...bound, written: 0 } : bound;
  const test = testOf(operator, base);
  // A version before a release only counts where the bound is one, too.
  return (version) => (version.pre.length === 0 || base.pre.length > 0) && test(version);
}

function any(): Version {
  return { numbers: [0, 0, 0], pre: [], written: 0 };
}

function testOf(operator: string, bound: Version): Test {
  const upper = above(bound);
  const within: Test = (one) =>
    order(one, bound) >= 0 && (upper === undefined || order(one, upper) < 0);
  const isWhole = bound.written === 3;
  switch (operator) {
    case '':
    case '=':
    case '==':
      return isWhole ? (one) => order(one, bound) === 0 : within;
    case '!=':
      return isWhole ? (one) => order(one, bound) !== 0 : (one) => !within(one);
    case '>':
      return isWhole
        ? (one) => order(one, bound) > 0
        : (one) => upper !== undefined && order(one, upper) >= 0;
    case '<':
      return (one) => order(one, bound) < 0;
    case '>=':
    case '=>':
      return (one) => order(one, bound) >= 0;
    case '<=':
    case '=<':
      return isWhole
        ? (one) => order(one, bound) <= 0
        : (one) => upper === undefined || order(one, upper) < 0;
    case '^':
      return caret(bound);
    default:
      return tilde(bound);
  }
}

/** The first version that is not covered by what was written: 1.3.0 for 1.2. */
function above({ numbers: [major, minor, patch], written }: Version): Version | undefined {
  if (written === 0) return undefined;
  const numbers: Version['numbers'] =
    written === 1
      ? [major + 1, 0, 0]
      : written === 2
        ? [major, minor + 1, 0]
        : [major, minor, patch + 1];
  return { numbers, pre: [], written: 3 };
}

function tilde(bound: Version): Test {
  const upper = above(bound.written === 3 ? { ...bound, written: 2 } : bound);
  return (one) => order(one, bound) >= 0 && (upper === undefined || order(one, upper) < 0);
}

/** Up to the next number that is not zero. */
function caret(bound: Version): Test {
  const [major, minor] = bound.numbers;
  const written = major > 0 || bound.written < 2 ? 1 : minor > 0 || bound.written < 3 ? 2 : 3;
  const upper = above({ ...bound, written: Math.min(written, bound.written) });
  return (one) => order(one, bound) >= 0 && (upper === undefined || order(one, upper) < 0);
}

function order(a: Version, b: Version): number {
  for (const index of [0, 1, 2] as const) {
    if (a.numbers[index] !== b.numbers[index]) return a.numbers[index] - b.numbers[index];
  }
  if (a.pre.length === 0 || b.pre.length === 0) return b.pre.length - a.pre.length;
  for (let index = 0; index < Math.max(a.pre.length, b.pre.length); index += 1) {
    const [x, y] = [a.pre[index], b.pre[index]];
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    if (x === y) continue;
    const [m, n] = [/^\d+$/.test(x), /^\d+$/.test(y)];
    if (m && n) return Number(x) - Number(y);
    return m === n ? (x < y ? -1 : 1) : m ? -1 : 1;
  }
  return 0;
}

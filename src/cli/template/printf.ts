import { pad, type Directive } from './directive.ts';
import { formatFloat } from './format-float.ts';
import { formatInt } from './format-int.ts';
import { print } from './print.ts';
import { quote } from './quote.ts';
import { fieldOf, isMap, isSlice, sortedKeys, typeName, type Value } from './values.ts';

/** Flags, `[n]`, width, precision, `[n]`, verb. */
const DIRECTIVE =
  /%([+\-# 0]*)(\[[^\]]*\]?)?(\*|\d+)?(?:(\.)(\[[^\]]*\]?)?(\*|\d+)?)?(\[[^\]]*\]?)?([\s\S])?/gu;
/** Wider than any terminal; a guard against `%999999999d`. */
const WIDEST = 10_000;

/**
 * Formats like Go's `Sprintf`, mistakes included: `%!d(string=hi)`, `%!s(MISSING)`,
 * `%!(EXTRA int=1)`.
 *
 * @see https://pkg.go.dev/fmt#hdr-Printing
 */
export function sprintf(format: string, args: readonly Value[]): string {
  let next = 0;
  let reordered = false;
  let text = format.replace(DIRECTIVE, (...match: (string | undefined)[]) => {
    const [, flags = '', first, width, dot, second, precision, third, verb] = match;
    let bad = false;
    let complaints = '';
    const jump = (index: string | undefined): void => {
      if (index === undefined) return;
      reordered = true;
      const wanted = Number(/^\[(\d+)\]$/.exec(index)?.[1] ?? Number.NaN);
      if (wanted >= 1 && wanted <= args.length) next = wanted - 1;
      else bad = true;
    };
    const size = (given: string | undefined, name: string): number | undefined => {
      if (given !== '*') return given === undefined ? undefined : Math.min(Number(given), WIDEST);
      const value = args[next++];
      if (typeof value === 'number') return Math.max(-WIDEST, Math.min(value, WIDEST));
      complaints += `%!(BAD${name})`;
      return undefined;
    };
    jump(first);
    const wide = size(width, 'WIDTH');
    jump(second);
    const fine =
      size(precision, 'PREC') ?? (dot === undefined || precision === '*' ? undefined : 0);
    jump(third);
    if (verb === undefined) return `${complaints}%!(NOVERB)`;
    if (verb === '%') return `${complaints}%`;
    if (bad) return `${complaints}%!${verb}(BADINDEX)`;
    if (next >= args.length) return `${complaints}%!${verb}(MISSING)`;
    const left = wide !== undefined && wide < 0 ? '-' : '';
    const directive: Directive = {
      flags: left === '' ? flags : flags.replaceAll('0', '') + left,
      width: wide === undefined ? undefined : Math.abs(wide),
      precision: fine !== undefined && fine < 0 ? undefined : fine,
      verb,
    };
    return complaints + formatOne(args[next++], directive);
  });
  if (!reordered && next < args.length) {
    const extra = args
      .slice(next)
      .map((value) =>
        value === null || value === undefined ? '<nil>' : `${typeName(value)}=${print(value)}`,
      );
    text += `%!(EXTRA ${extra.join(', ')})`;
  }
  return text;
}

function formatOne(value: Value, directive: Directive): string {
  const { verb, flags } = directive;
  if (verb === 'T') {
    return pad(value === null || value === undefined ? '<nil>' : typeName(value), directive);
  }
  if (verb === 'v' && flags.includes('#')) return pad(goSyntax(value), directive);
  if (value === null || value === undefined) {
    return pad(verb === 'v' ? '<nil>' : `%!${verb}(<nil>)`, directive);
  }
  if (isSlice(value)) return `[${value.map((one) => formatOne(one, directive)).join(' ')}]`;
  if (isMap(value)) {
    return `map[${sortedKeys(value)
      .map((key) => `${formatOne(key, directive)}:${formatOne(value.get(key), directive)}`)
      .join(' ')}]`;
  }
  const wrong = `%!${verb}(${typeName(value)}=${print(value)})`;
  switch (typeof value) {
    case 'string':
      return formatString(value, directive) ?? wrong;
    case 'boolean':
      return verb === 't' || verb === 'v' ? pad(String(value), directive) : wrong;
    case 'number':
      return formatInt(BigInt(value), directive) ?? wrong;
    default:
  }
  switch (value.kind) {
    case 'float':
      return formatFloat(value.value, directive) ?? wrong;
    case 'integer': {
      const named = value.type === 'time.Duration' && 'vsqxX'.includes(verb);
      return (
        (named ? formatString(print(value), directive) : formatInt(value.value, directive)) ?? wrong
      );
    }
    case 'number':
    case 'time':
      return formatString(print(value), directive) ?? wrong;
    case 'struct': {
      const plus = flags.includes('+');
      return `{${[...value.fields.keys()]
        .map((name) => (plus ? `${name}:` : '') + formatOne(fieldOf(value, name)?.value, directive))
        .join(' ')}}`;
    }
    case 'nil':
      return value.of === 'pointer' ? pad(verb === 'v' ? '<nil>' : wrong, directive) : print(value);
    case 'method':
      return wrong;
  }
}

function formatString(value: string, directive: Directive): string | undefined {
  const { verb, precision, flags } = directive;
  const cut = precision === undefined ? value : Array.from(value).slice(0, precision).join('');
  switch (verb) {
    case 's':
    case 'v':
      return pad(cut, directive);
    case 'q': {
      const raw = flags.includes('#') && !/[`\x00-\x08\x0a-\x1f\x7f]/.test(cut);
      return pad(raw ? `\`${cut}\`` : quote(cut, { ascii: flags.includes('+') }), directive);
    }
    case 'x':
    case 'X': {
      const bytes = Buffer.from(value).subarray(0, precision);
      const parts = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));
      const prefix = flags.includes('#') && bytes.length > 0 ? '0x' : '';
      const hex = prefix + parts.join(flags.includes(' ') ? ` ${prefix}` : '');
      return pad(verb === 'X' ? hex.toUpperCase() : hex, directive);
    }
    default:
      return undefined;
  }
}

/** `%#v`: the value as it would be written in Go. */
function goSyntax(value: Value): string {
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'string') return quote(value);
  if (isSlice(value)) return `${typeName(value)}{${value.map(goSyntax).join(', ')}}`;
  if (isMap(value)) {
    const members = sortedKeys(value).map((key) => `${quote(key)}:${goSyntax(value.get(key))}`);
    return `${typeName(value)}{${members.join(', ')}}`;
  }
  if (typeof value !== 'object') return print(value);
  switch (value.kind) {
    case 'nil':
      return `${typeName(value)}(nil)`;
    case 'integer':
      return String(value.value);
    case 'number':
      return quote(value.text);
    case 'struct': {
      const members = [...value.fields.keys()].map(
        (name) => `${name}:${goSyntax(fieldOf(value, name)?.value)}`,
      );
      return `${value.type}{${members.join(', ')}}`;
    }
    default:
      return print(value);
  }
}

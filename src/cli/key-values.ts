import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from '../base/errors.ts';
import { explainOpen } from './files.ts';

/** Where the `=` is, -1 for none. Throws UsageError for a pair without a key. */
function equalsIn(text: string): number {
  const equals = text.indexOf('=');
  if (equals !== 0) return equals;
  throw new UsageError(`invalid key-value pair ${JSON.stringify(text)}: empty key`);
}

/** `key=value` and `key` (empty value) as a record. Throws UsageError. */
export function labelsOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const equals = equalsIn(text);
      return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}

/** `K=V` as it is, `K` with the caller's value; left out when the caller has none. Throws UsageError. */
export function argumentsOf(
  texts: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    texts.flatMap((text): [string, string][] => {
      const equals = equalsIn(text);
      if (equals >= 0) return [[text.slice(0, equals), text.slice(equals + 1)]];
      const value = env[text];
      return value === undefined ? [] : [[text, value]];
    }),
  );
}

/** `K=V` as it is, `K` with the caller's value; left out when the caller has none. */
export function resolvedVariables(
  texts: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  return texts.flatMap((text) => {
    if (text.includes('=')) return [text];
    const value = env[text];
    return value === undefined ? [] : [`${text}=${value}`];
  });
}

/** The lines of an `--env-file` or `--label-file`: no blank ones, no comments. Throws InvalidInputError. */
export function linesOfFile(cwd: string, typed: string): string[] {
  let content: string;
  try {
    content = readFileSync(resolve(cwd, typed), 'utf8');
  } catch (error) {
    throw explainOpen(error, typed) ?? error;
  }
  const lines = content.replace(/^\uFEFF/, '').split(/\r?\n/);
  return lines
    .map((line) => line.trimStart())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/**
 * `host:ip` of `--add-host`, which may be typed with `=`. Throws UsageError, also for what would
 * be another line, or another name in the line, of /etc/hosts.
 */
export function extraHost(text: string): string {
  const wrong = (why: string): UsageError =>
    new UsageError(`invalid argument ${JSON.stringify(text)} for "--add-host" flag: ${why}`);
  const [, host, typed = ''] = /^([^:=\s#]+)[:=](.+)$/.exec(text) ?? [];
  if (host === undefined) throw wrong(`bad format for add-host: ${JSON.stringify(text)}`);
  // Costs the commands nothing that add no host.
  const { isIP } = process.getBuiltinModule('node:net');
  const address = typed.replace(/^\[(.*)\]$/, '$1');
  if (address !== 'host-gateway' && isIP(address) === 0) {
    throw wrong(`invalid IP address in add-host: ${JSON.stringify(address)}`);
  }
  return `${host}:${address}`;
}

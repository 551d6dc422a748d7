import { looksSecret } from '../../dockerfile/lint/key-values.ts';
import type { LeakInput } from './given.ts';
import type { GuardParts, LeakGuard } from './guard.ts';

/**
 * Watches over what a build was given to keep to itself; undefined where that is nothing. The
 * code that does it is loaded for builds with secrets only.
 */
export async function openGuard(
  input: LeakInput,
  parts: GuardParts,
): Promise<LeakGuard | undefined> {
  const { run, args, urls = [], logins = [] } = input;
  const isAsked =
    (run?.secrets.size ?? 0) > 0 ||
    (run?.ssh.size ?? 0) > 0 ||
    [...logins].length > 0 ||
    [...urls].some(([, url]) => url.includes('@')) ||
    [...args].some(([name, value]) => looksSecret(name) || value.includes('@'));
  if (!isAsked) return undefined;
  const { guardOf } = await import('./guard.ts');
  return guardOf(input, parts);
}

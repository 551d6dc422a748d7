import type { Distro } from './package.ts';
import { line, type PackageReader } from './reader.ts';
import { rowsOf } from './stanzas.ts';

const LIMIT = 64 * 1024;
const PLACES = ['/etc/os-release', '/usr/lib/os-release'];

/** What an image says of its distribution; undefined where it says nothing. */
export function readDistro(reader: PackageReader): Distro | undefined {
  for (const path of PLACES) {
    const text = reader.text(path, LIMIT);
    if (text === undefined) continue;
    const found = new Map<string, string>();
    for (const row of rowsOf(text)) {
      const [, key, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(row.trim()) ?? [];
      if (key !== undefined && value !== undefined) found.set(key, unquoted(value));
    }
    const id = found.get('ID')?.toLowerCase() ?? '';
    if (!/^[a-z0-9._-]{1,64}$/.test(id)) continue;
    const version = line(found.get('VERSION_ID'));
    const title = line(found.get('PRETTY_NAME'));
    return {
      id,
      ...(version !== undefined && /^[A-Za-z0-9._+~-]{1,64}$/.test(version) && { version }),
      ...(title !== undefined && { title }),
    };
  }
  return undefined;
}

/** As a shell would read it. */
function unquoted(value: string): string {
  const [, quote, inner = value] = /^(["'])(.*)\1$/.exec(value) ?? [];
  return quote === "'" ? inner : inner.replaceAll(/\\(.)/g, '$1');
}

import type { StackView } from '../../snapshot/stack-view.ts';
import type { PackageDifference } from '../understand-types.ts';

/** A larger list of packages is none. */
const LIMIT = 64 * 1024 * 1024;
const DPKG = '/var/lib/dpkg/status';
/** Images without a package manager have a file for each package. */
const DPKG_PARTS = '/var/lib/dpkg/status.d';
const APK = ['/lib/apk/db/installed', '/usr/lib/apk/db/installed'];

/**
 * Installed packages with their versions, as dpkg and apk list them. What cannot be read as such a
 * list is none.
 */
export function packagesIn(view: StackView): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  readDpkg(textOf(view, DPKG), found);
  for (const text of partsOf(view)) readDpkg(text, found);
  for (const path of APK) readApk(textOf(view, path), found);
  return found;
}

/** Packages that two file systems do not have alike, by name. */
export function comparePackages(before: StackView, after: StackView): PackageDifference[] {
  const [old, now] = [packagesIn(before), packagesIn(after)];
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((name) => {
    const [was, is] = [old.get(name), now.get(name)];
    if (was === is) return [];
    return [
      { name, ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }) },
    ];
  });
}

function textOf(view: StackView, path: string): string {
  const entry = view.find(path);
  if (entry?.kind !== 'file' || entry.stat.size > LIMIT) return '';
  return view.read(path, LIMIT)?.toString() ?? '';
}

function partsOf(view: StackView): string[] {
  const directory = view.find(DPKG_PARTS);
  if (directory?.kind !== 'directory') return [];
  return view
    .list(directory)
    .filter(({ path }) => !path.toString().endsWith('.md5sums'))
    .map(({ path }) => textOf(view, path.toString()));
}

function readDpkg(text: string, found: Map<string, string>): void {
  for (const stanza of text.split('\n\n')) {
    const name = /^Package: (.+)$/m.exec(stanza)?.[1];
    const version = /^Version: (.+)$/m.exec(stanza)?.[1];
    const status = /^Status: (.+)$/m.exec(stanza)?.[1];
    if (name === undefined || version === undefined) continue;
    if (status !== undefined && !status.endsWith(' installed')) continue;
    const architecture = /^Architecture: (.+)$/m.exec(stanza)?.[1];
    // Of several architectures of a package each is one; alone it goes without.
    found.set(found.has(name) ? `${name}:${architecture ?? ''}` : name, version);
  }
}

function readApk(text: string, found: Map<string, string>): void {
  for (const stanza of text.split('\n\n')) {
    const name = /^P:(.+)$/m.exec(stanza)?.[1];
    const version = /^V:(.+)$/m.exec(stanza)?.[1];
    if (name !== undefined && version !== undefined) found.set(name, version);
  }
}

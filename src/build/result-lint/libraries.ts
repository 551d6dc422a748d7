import { closeSync, constants, openSync, readSync } from 'node:fs';
import { posix } from 'node:path';
import { StaveError } from '../../base/errors.ts';
import type { StackEntry, StackView } from '../../snapshot/stack-view.ts';
import { readElf, type ElfNeeds } from './elf.ts';

/** Libraries that are looked at for one program. */
const MOST = 256;
const CACHE_LIMIT = 4 * 1024 * 1024;
const TEXT_LIMIT = 64 * 1024;
/** Directories that loaders look into unasked. */
const USUAL = ['/lib', '/usr/lib', '/lib64', '/usr/lib64', '/usr/local/lib'];
/** Debian's names for what a program is made for, by `e_machine`. */
const TRIPLETS: ReadonlyMap<number, string> = new Map([
  [3, 'i386-linux-gnu'],
  [21, 'powerpc64le-linux-gnu'],
  [22, 's390x-linux-gnu'],
  [40, 'arm-linux-gnueabihf'],
  [62, 'x86_64-linux-gnu'],
  [183, 'aarch64-linux-gnu'],
  [243, 'riscv64-linux-gnu'],
]);

/** A file of an image, opened. Links stay inside; only regular files are. */
export function openedIn<T>(view: StackView, path: string, body: (fd: number) => T): T | undefined {
  const entry = foundIn(view, path);
  if (entry?.kind !== 'file') return undefined;
  const fd = openSync(entry.file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return body(fd);
  } finally {
    closeSync(fd);
  }
}

/** What a path stands for; nothing for circles of links. */
export function foundIn(
  view: StackView,
  path: string | Uint8Array,
  options?: { readonly followLast: boolean },
): StackEntry | undefined {
  try {
    return view.find(path, options);
  } catch (error) {
    if (error instanceof StaveError) return undefined;
    throw error;
  }
}

/** The beginning of a file. */
export function headOf(view: StackView, path: string, size: number): Buffer | undefined {
  return openedIn(view, path, (fd) => {
    const bytes = Buffer.alloc(size);
    return bytes.subarray(0, readSync(fd, bytes, 0, size, 0));
  });
}

/** Libraries that a program needs, and those need, and that the image does not have. */
export function missingLibraries(
  view: StackView,
  program: string,
  env: ReadonlyMap<string, string>,
): string[] {
  const missing = new Set<string>();
  const first = openedIn(view, program, readElf);
  if (first?.interpreter === undefined) return [];
  const isMusl = /\/ld-musl-/.test(first.interpreter);
  const own = [...split(env.get('LD_LIBRARY_PATH') ?? ''), ...configured(view)];
  const cached = cacheOf(view);
  const todo: { readonly path: string; readonly needs: ElfNeeds }[] = [
    { path: program, needs: first },
  ];
  const seen = new Set<string>();
  for (const { path, needs } of todo) {
    const origin = posix.dirname(path);
    const searched = [
      ...needs.searched
        .flatMap(split)
        .map((one) => one.replace(/\$(?:ORIGIN|\{ORIGIN\})/g, origin)),
      ...own,
      ...usual(needs.machine),
    ];
    for (const name of needs.libraries) {
      if (seen.has(name) || seen.size >= MOST) continue;
      seen.add(name);
      // The C library of these is its loader.
      if (isMusl && /^(?:libc\.so|libc\.musl-|ld-musl-)/.test(name)) continue;
      const places = name.includes('/') ? [name] : searched.map((one) => posix.join(one, name));
      const place = places.find((one) => foundIn(view, one)?.kind === 'file');
      if (place === undefined) {
        if (cached?.includes(`${name}\0`) !== true) missing.add(name);
        continue;
      }
      const more = openedIn(view, place, readElf);
      if (more) todo.push({ path: place, needs: more });
    }
  }
  return [...missing];
}

function usual(machine: number): string[] {
  const triplet = TRIPLETS.get(machine);
  return triplet === undefined
    ? USUAL
    : [`/lib/${triplet}`, `/usr/lib/${triplet}`, `/usr/local/lib/${triplet}`, ...USUAL];
}

function split(text: string): string[] {
  return text.split(/[:;]/).filter((one) => one !== '');
}

/** Directories that the files of the image name for the loader. */
function configured(view: StackView): string[] {
  const musl =
    foundIn(view, '/etc')?.kind === 'directory' ? namesIn(view, '/etc', /^ld-musl-.*\.path$/) : [];
  const glibc = ['/etc/ld.so.conf', ...namesIn(view, '/etc/ld.so.conf.d', /\.conf$/)];
  return [...musl, ...glibc].flatMap((path) => {
    const text = headOf(view, path, TEXT_LIMIT)?.toString() ?? '';
    return text.split(/[\s:]+/).filter((one) => one.startsWith('/'));
  });
}

function namesIn(view: StackView, directory: string, pattern: RegExp): string[] {
  const entry = foundIn(view, directory);
  if (entry?.kind !== 'directory') return [];
  return view
    .list(entry)
    .map(({ path }) => path.toString())
    .filter((path) => pattern.test(posix.basename(path)));
}

/** What the loader remembers of where libraries are. */
function cacheOf(view: StackView): Buffer | undefined {
  return headOf(view, '/etc/ld.so.cache', CACHE_LIMIT);
}

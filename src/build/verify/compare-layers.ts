import { readFileSync } from 'node:fs';
import type { FileChange } from '../../base/progress.ts';
import { breather } from '../../base/limit.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { LayerFile } from '../../layer/file-table.ts';
import type { DiffId } from '../../oci/digest.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { StackView } from '../../snapshot/stack-view.ts';
import { classifyContent, fetchesThings, sameButRandom, type DifferenceKind } from './classify.ts';

/** Files that are named of one layer. */
const NAMED = 20;
/** Bytes of a file that are looked at. */
const LOOKED_AT = 1024 * 1024;

/** A file that two builds made differently. */
export interface FileDifference extends FileChange {
  readonly kind: DifferenceKind;
}

/** How two layers of one step differ. */
export interface LayerDifference {
  /** The first twenty; what says most comes first. */
  readonly files: readonly FileDifference[];
  /** How many files differ in which way. */
  readonly counts: Readonly<Partial<Record<DifferenceKind, number>>>;
}

/** Kinds from the most telling one down: a changed content changes times as well. */
const WEIGHT: readonly DifferenceKind[] = [
  'content',
  'network',
  'randomness',
  'order',
  'presence',
  'metadata',
  'time',
];

/**
 * Compares two layers file by file, by their tables; contents are read only where they differ.
 * `instruction` is what made them.
 */
export async function compareLayers(
  snapshotter: Snapshotter,
  before: DiffId,
  now: DiffId,
  instruction: string,
  call: CallOptions,
): Promise<LayerDifference> {
  const breathe = breather();
  const fetches = fetchesThings(instruction);
  const views = [snapshotter.view([before]), snapshotter.view([now])] as const;
  const old = new Map<string, LayerFile>();
  for (const file of snapshotter.files(before)) {
    old.set(nameOf(file), file);
    await breathe();
  }
  const found: FileDifference[] = [];
  const fresh: LayerFile[] = [];
  for (const file of snapshotter.files(now)) {
    call.signal?.throwIfAborted();
    await breathe();
    const was = old.get(nameOf(file));
    old.delete(nameOf(file));
    if (!was) fresh.push(file);
    else found.push(...differences(was, file, views, fetches));
  }
  found.push(...unpaired([...old.values()], fresh, fetches));
  found.sort((a, b) => WEIGHT.indexOf(a.kind) - WEIGHT.indexOf(b.kind));
  const counts: Partial<Record<DifferenceKind, number>> = {};
  for (const { kind } of found) counts[kind] = (counts[kind] ?? 0) + 1;
  return { files: found.slice(0, NAMED), counts };
}

function differences(
  was: LayerFile,
  file: LayerFile,
  [before, now]: readonly [StackView, StackView],
  fetches: boolean,
): FileDifference[] {
  const path = shown(file);
  const metadata = metadataOf(was, file);
  if (metadata !== undefined) return [{ path, kind: 'metadata', what: metadata }];
  if (was.digest !== file.digest) {
    const [a, b] = [contentOf(before, was), contentOf(now, file)];
    return [{ path, ...(a && b ? classifyContent(a, b, fetches) : LARGE) }];
  }
  if (was.mtime !== file.mtime) return [{ path, kind: 'time', what: 'when it was changed' }];
  return [];
}

const LARGE = { kind: 'content', what: 'content' } as const;

function metadataOf(was: LayerFile, file: LayerFile): string | undefined {
  if (was.type !== file.type) return `type ${was.type}→${file.type}`;
  if (was.mode !== file.mode) return `mode ${octal(was.mode)}→${octal(file.mode)}`;
  if (was.uid !== file.uid || was.gid !== file.gid) {
    return `owner ${was.uid}:${was.gid}→${file.uid}:${file.gid}`;
  }
  if (text(was.linkTarget) !== text(file.linkTarget)) {
    return `link target ${text(was.linkTarget)}→${text(file.linkTarget)}`;
  }
  if (was.xattrs !== file.xattrs) return 'extended attributes';
  const [a, b] = [was.device, file.device];
  return a?.major === b?.major && a?.minor === b?.minor ? undefined : 'device number';
}

/** Files that only one of the two has: under made-up names, or not at all. */
function unpaired(
  gone: readonly LayerFile[],
  fresh: readonly LayerFile[],
  fetches: boolean,
): FileDifference[] {
  const left = [...gone];
  const found: FileDifference[] = [];
  for (const file of fresh) {
    const path = shown(file);
    const at = left.findIndex(
      (one) =>
        one.type === file.type &&
        directoryOf(shown(one)) === directoryOf(path) &&
        sameButRandom(baseOf(shown(one)), baseOf(path)),
    );
    const [twin] = at < 0 ? [] : left.splice(at, 1);
    if (twin) {
      found.push({ path, kind: 'randomness', what: `a made-up name, before ${shown(twin)}` });
    } else {
      found.push(lone(path, 'only in the new build', fetches));
    }
  }
  return [...found, ...left.map((file) => lone(shown(file), 'only in the image', fetches))];
}

function lone(path: string, what: string, fetches: boolean): FileDifference {
  return fetches
    ? { path, kind: 'network', what: `${what}; the step fetches things` }
    : { path, kind: 'presence', what };
}

function contentOf(view: StackView, { path, size }: LayerFile): Buffer | undefined {
  if (size > LOOKED_AT) return undefined;
  const entry = view.find(Buffer.concat([Buffer.from('/'), path]), { followLast: false });
  return entry?.kind === 'file' ? readFileSync(entry.file) : undefined;
}

function nameOf({ path }: LayerFile): string {
  return Buffer.from(path).toString('latin1');
}

function shown({ path }: LayerFile): string {
  return `/${Buffer.from(path).toString()}`;
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function text(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : Buffer.from(bytes).toString();
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

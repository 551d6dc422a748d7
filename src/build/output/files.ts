import type { CallOptions } from '../../base/progress.ts';
import { reporter } from '../../base/reporter.ts';
import { encoded } from '../../oci/digest.ts';
import type { Platform } from '../../oci/platform.ts';
import { stackSource } from '../copy/stack-source.ts';
import type { Work } from './outputs.ts';
import { writeFile } from './places.ts';
import type { LocalOutput, TarOutput } from './spec.ts';
import type { Subject } from './subject.ts';
import { treeEntries, type TreeRoot, treeTar } from './tree.ts';

/** The root file systems of a build as files: in a directory, or in one tar. Throws OutputError. */
export async function writeFiles(
  output: LocalOutput | TarOutput,
  work: Work,
  call: CallOptions,
): Promise<void> {
  const what = output.type === 'local' ? 'client directory' : 'client tarball';
  using task = reporter(call.progress).begin(`exporting to ${what}`, { kind: 'internal' });
  const several = work.images.length > 1 || work.asIndex;
  const split = output.platformSplit ?? several;
  const roots = work.images.map(({ platform, solved }, at): TreeRoot => {
    const view = work.parts.snapshotter.view(solved.layers);
    const prefix = split ? directoryOf(platform) : '';
    const root = { view, prefix, files: new Map<string, Buffer>() };
    const suffix = several && !split ? `.${directoryOf(platform)}` : '';
    const claims = work.claims?.statements(at, subjectsOf(root, work, at)) ?? [];
    for (const { fileName, statement } of claims) root.files.set(fileName(suffix), statement);
    return root;
  });
  const clamp = work.clamp === undefined ? undefined : BigInt(work.clamp) * 1_000_000_000n;
  if (output.type === 'tar') {
    await writeFile(output.to, treeTar(roots, clamp, call), call);
  } else {
    const { writeLocal } = await import('./local.ts');
    await writeLocal(output.directory, roots, { delete: output.mode === 'delete', clamp }, call);
  }
  task.outcome = 'done';
}

function directoryOf({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('_');
}

/** Every file, by its content. */
function subjectsOf(root: TreeRoot, { images, parts }: Work, at: number): Subject[] {
  const source = stackSource(parts.snapshotter, images[at]?.solved.layers ?? []);
  const subjects: Subject[] = [];
  for (const { entry } of treeEntries({ ...root, prefix: '' })) {
    if (entry.kind !== 'file') continue;
    const name = entry.path.subarray(1).toString();
    subjects.push({ name, digest: { sha256: encoded(source.contentDigest(entry)) } });
  }
  return subjects;
}

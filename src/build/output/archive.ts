import type { CallOptions } from '../../base/progress.ts';
import { reporter } from '../../base/reporter.ts';
import { archiveTar } from '../../transport/archive-tar.ts';
import { copy } from '../../transport/copy.ts';
import { DockerArchive } from '../../transport/docker-archive-destination.ts';
import { type Composed, composedSource } from './compose.ts';
import { writeLayout } from './layout.ts';
import { composeFor, type Work } from './outputs.ts';
import { writeFile } from './places.ts';
import type { ArchiveOutput } from './spec.ts';

/** A build as an image archive: a tar, or an OCI layout in a directory. Throws OutputError. */
export async function writeArchive(
  output: ArchiveOutput,
  work: Work,
  call: CallOptions,
): Promise<Composed> {
  const { type, to } = output;
  using task = reporter(call.progress).begin(`exporting to ${type} image format`, {
    kind: 'internal',
  });
  const names = [...new Set([...work.names, ...(output.names ?? [])])].sort();
  const composed = await composeFor(work, output, names, 'gzip', call);
  const { store, snapshotter, lease } = work.parts;
  const archive = new DockerArchive(type);
  const { annotations, root } = composed;
  await copy(
    composedSource(composed, { store, snapshotter, lease: lease() }),
    archive.destination(names, annotations && { annotations }),
    call.signal ? { signal: call.signal } : {},
  );
  if ('directory' in to) await writeLayout(to.directory, archive, call);
  else await writeFile(to, archiveTar(archive, call), call);
  task.note(`exporting manifest ${root.digest}`);
  task.outcome = 'done';
  return composed;
}

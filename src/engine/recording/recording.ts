import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../../base/errors.ts';
import { parseConfig } from '../../oci/parse-config.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Store } from '../../store/store.ts';
import { InsideRoot } from '../../sys/inside.ts';
import { findContainer } from '../containers/find.ts';
import { containerPaths } from '../containers/layout.ts';
import type { Container } from '../containers/record.ts';
import { findImage } from '../images/find.ts';
import { ImageNotFoundError } from '../errors.ts';
import { stepsOf } from './commands.ts';
import { draftOf } from './draft.ts';
import type { Draft } from './draft-types.ts';
import { NotRecordedError } from './errors.ts';
import { evidenceOf } from './fate.ts';
import { readJournal } from './journal.ts';
import { recordingPaths } from './paths.ts';
import { changeAt, changedPaths, snapshotOf, type Change } from './snapshot.ts';
import { readNotes, readSnapshot } from './watch.ts';
import type { DraftRequest } from '../recording-types.ts';

/** What reading recordings needs. */
export interface RecordingParts {
  readonly store: Store;
  readonly snapshotter: Snapshotter;
}

/** Whether what is typed in a container is written down. Throws ContainerNotFoundError. */
export function isRecorded(store: Store, name: string): boolean {
  const { id } = findContainer(store, name);
  return existsSync(recordingPaths(containerPaths(store.paths.containers, id).directory).directory);
}

/** See {@link Recordings.draft}. */
export function recordedDraft(
  { store, snapshotter }: RecordingParts,
  { container: name, changes = [] }: DraftRequest,
): Draft {
  if (!isRecorded(store, name)) throw new NotRecordedError(name);
  const container = findContainer(store, name);
  const { directory, upper } = containerPaths(store.paths.containers, container.id);
  const paths = recordingPaths(directory);
  const prompts = readJournal(paths.journal);
  const evidence = evidenceOf(prompts, readNotes(paths.changes));
  const changed = (prompt: (typeof prompts)[number]): boolean | undefined => {
    const known = evidence(prompt);
    return known && known.changes.length > 0;
  };
  const layers = container.chain === undefined ? [] : (snapshotter.stack(container.chain) ?? []);
  const view = snapshotter.view(layers);
  using inside = new InsideRoot(upper);
  const now = (path: string): Change => changeIn(inside, path);
  const { config = {} } = parseConfig(store.blobs.readSync(container.image));
  return draftOf({
    name: container.name,
    from: fromOf(store, container),
    base: config,
    config: container.record.config,
    instructions: changes,
    steps: stepsOf(prompts, changed),
    evidence,
    rest: restOf(upper, readSnapshot(paths.snapshot)).map(now),
    directory(path) {
      const found = view.find(Buffer.from(path, 'latin1'), { followLast: false });
      if (found?.kind !== 'directory') return undefined;
      return changeAt(found.file, path);
    },
    now,
  });
}

/** What is at a path of a directory of changes. */
function changeIn(inside: InsideRoot, path: string): Change {
  try {
    return changeAt(inside.at(Buffer.from(path, 'latin1')), path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EINVAL')) throw error;
    return { path, kind: 'gone', mode: 0, uid: 0, gid: 0 };
  }
}

/** What nobody has seen change. */
function restOf(upper: string, last: ReturnType<typeof readSnapshot>): readonly string[] {
  const now = last && snapshotOf(upper);
  return last && now ? changedPaths(last, now) : [];
}

/** The name that the container was made of, if that still is its image. */
function fromOf(store: Store, { image, record }: Container): string {
  const { imageName } = record;
  if (!/^[\w./:@-]+$/.test(imageName)) return image;
  try {
    return findImage(store, imageName).id === image ? imageName : image;
  } catch (error) {
    if (error instanceof ImageNotFoundError) return image;
    throw error;
  }
}

/** The file with content that was kept at a prompt. */
export function savedFile(store: Store, id: string, name: string): string {
  return join(recordingPaths(containerPaths(store.paths.containers, id).directory).files, name);
}

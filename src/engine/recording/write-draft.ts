import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InvalidInputError, isErrno } from '../../base/errors.ts';
import { InsideRoot } from '../../sys/inside.ts';
import { findContainer } from '../containers/find.ts';
import { containerPaths } from '../containers/layout.ts';
import type { DraftRequest } from '../recording-types.ts';
import type { Draft } from './draft-types.ts';
import { recordedDraft, savedFile, type RecordingParts } from './recording.ts';
import { copyFile } from './watch.ts';

/** See {@link Recordings.write}. */
export function writeDraft(parts: RecordingParts, request: DraftRequest, directory: string): Draft {
  const { store } = parts;
  const draft = recordedDraft(parts, request);
  const { id } = findContainer(store, request.container);
  const made = makeEmpty(directory);
  using undo = new DisposableStack();
  undo.defer(() => {
    for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
    if (made) rmSync(directory, { recursive: true });
  });
  using inside = new InsideRoot(containerPaths(store.paths.containers, id).upper);
  const warnings = [...draft.warnings];
  for (const { name, saved, path } of draft.files) {
    const target = join(directory, name);
    mkdirSync(dirname(target), { recursive: true });
    const source =
      saved === undefined
        ? inside.at(Buffer.from(path, 'latin1'))
        : Buffer.from(savedFile(store, id, saved));
    if (!copyFile(source, target)) {
      writeFileSync(target, '');
      warnings.push(`${name} is too large to be taken: it is empty`);
    }
    // COPY keeps it, where no --chmod says otherwise.
    chmodSync(target, 0o644);
  }
  writeFileSync(join(directory, 'Dockerfile'), draft.dockerfile);
  undo.move();
  return { ...draft, warnings };
}

/** Whether it was made. Throws InvalidInputError when something is in it. */
function makeEmpty(directory: string): boolean {
  try {
    if (readdirSync(directory).length === 0) return false;
  } catch (error) {
    if (isErrno(error, 'ENOTDIR')) {
      throw new InvalidInputError(`${directory} is no directory`);
    }
    if (!isErrno(error, 'ENOENT')) throw error;
    mkdirSync(directory, { recursive: true });
    return true;
  }
  throw new InvalidInputError(`the directory ${directory} is not empty`, {
    hint: 'A draft goes into a directory of its own.',
  });
}

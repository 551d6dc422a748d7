import type { CallOptions } from '../../base/progress.ts';
import type { BuildRequest, BuildResult } from '../build-types.ts';
import { removeImage } from '../images/remove.ts';
import type { DraftCheck } from '../recording-types.ts';
import type { SettingDifference } from '../understand-types.ts';
import { compareImages } from '../understand/compare.ts';
import type { RecordingParts } from './recording.ts';
import { isVolatile } from './volatile.ts';

/** What checking a draft needs. */
export interface CheckParts extends RecordingParts {
  readonly build: (request: BuildRequest, call: CallOptions) => Promise<BuildResult>;
}

/** What says the same as nothing does. */
function isIdle({ key, before, after }: SettingDifference): boolean {
  if (key === 'ArgsEscaped') return true;
  const none = before === undefined || before === '';
  return none && ((key === 'WorkingDir' && after === '/') || (key === 'User' && after === 'root'));
}

/** See {@link Recordings.check}. */
export async function checkDraft(
  parts: CheckParts,
  directory: string,
  image: string,
  options: CallOptions,
): Promise<DraftCheck> {
  const { store, build } = parts;
  const known = new Set(store.read(({ images }) => images.list()).map(({ id }) => id));
  const built = await build({ context: directory, forget: true }, options);
  try {
    const all = await compareImages(parts, [image, built.id], options);
    const files = all.files.filter(({ path }) => !isVolatile(path));
    const config = all.config.filter((one) => !isIdle(one));
    return {
      comparison: { ...all, files, config, same: files.length + config.length === 0 },
      volatile: all.files.length - files.length,
      sameFiles: files.length === 0,
    };
  } finally {
    if (!known.has(built.id)) await removeImage(store, built.id);
  }
}

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { elapsed } from '../../base/clock.ts';
import { type Digest, isDigest } from '../../oci/digest.ts';
import type { FileParts } from '../file-storage.ts';
import { contents } from './contents.ts';
import { quarantine, type Quarantined } from './quarantine.ts';
import { verifyFile } from './verify-file.ts';

/** How often the position is written down, in milliseconds. */
const SAVING = 5000;

/** How far the check of all contents is. */
export interface ScrubState {
  /** The last content that was read in the pass that runs; none between passes. */
  readonly position: Digest | undefined;
  /** When the pass began that runs, or that ran last; in milliseconds. */
  readonly started: number | undefined;
  /** When a pass last came to its end, in milliseconds. */
  readonly completed: number | undefined;
  /** Contents and bytes of the pass. */
  readonly checked: number;
  readonly bytes: number;
  /** Contents that were found damaged, in all passes. */
  readonly damaged: number;
}

const NOTHING: ScrubState = {
  position: undefined,
  started: undefined,
  completed: undefined,
  checked: 0,
  bytes: 0,
  damaged: 0,
};

/**
 * Reads all contents once, from where an earlier pass was left, at a number of bytes per second.
 * What is damaged goes into quarantine. Returns early when the signal is aborted.
 */
export async function scrub(
  parts: FileParts,
  options: {
    readonly bytesPerSecond: number;
    readonly signal: AbortSignal;
    readonly onDamage: (found: Quarantined) => void;
  },
): Promise<ScrubState> {
  const { paths, clock } = parts;
  const { signal, bytesPerSecond } = options;
  const before = readScrubState(paths.scrub);
  let state: ScrubState =
    before.position === undefined
      ? { ...before, started: clock.now().getTime(), checked: 0, bytes: 0 }
      : before;
  let saved = elapsed();
  const passed = async (bytes: number): Promise<void> => {
    await pause((bytes / bytesPerSecond) * 1000, undefined, { signal });
  };
  try {
    for await (const { digest, path } of contents(paths.blobs, state.position)) {
      signal.throwIfAborted();
      let bytes = 0;
      const result = await verifyFile(path, digest, (count) => {
        bytes += count;
        return passed(count);
      });
      if (result === 'wrong') options.onDamage(await quarantine(parts, digest));
      state = {
        ...state,
        position: digest,
        checked: state.checked + 1,
        bytes: state.bytes + bytes,
        damaged: state.damaged + (result === 'wrong' ? 1 : 0),
      };
      if (elapsed() - saved < SAVING) continue;
      writeScrubState(paths.scrub, state);
      saved = elapsed();
    }
    state = { ...state, position: undefined, completed: clock.now().getTime() };
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    writeScrubState(paths.scrub, state);
  }
  return state;
}

/** How far it is; nothing for a file that is missing or cannot be read. */
export function readScrubState(path: string): ScrubState {
  let json: Partial<Record<keyof ScrubState, unknown>> | null;
  try {
    json = JSON.parse(readFileSync(path, 'utf8')) as typeof json;
  } catch {
    return NOTHING;
  }
  const number = (value: unknown): number | undefined =>
    Number.isSafeInteger(value) ? (value as number) : undefined;
  const { position } = json ?? {};
  return {
    position: typeof position === 'string' && isDigest(position) ? position : undefined,
    started: number(json?.started),
    completed: number(json?.completed),
    checked: number(json?.checked) ?? 0,
    bytes: number(json?.bytes) ?? 0,
    damaged: number(json?.damaged) ?? 0,
  };
}

function writeScrubState(path: string, state: ScrubState): void {
  writeFileSync(`${path}.new`, JSON.stringify(state));
  renameSync(`${path}.new`, path);
}

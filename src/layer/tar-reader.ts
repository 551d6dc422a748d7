import type { Bytes } from '../base/bytes.ts';
import { LayerLimitError, shownName, TarFormatError } from './errors.ts';
import { DEFAULT_LIMITS, type LayerLimits } from './limits.ts';
import type { TarEntry } from './tar-entry.ts';
import {
  type ExtensionState,
  isExtension,
  readExtension,
  takeExtensions,
} from './tar-extensions.ts';
import {
  BLOCK,
  checksumFits,
  Field,
  isZeroBlock,
  numberField,
  paddingLength,
  TYPE_FLAG,
} from './tar-fields.ts';
import { entryOf } from './tar-header.ts';
import { TarSource } from './tar-source.ts';
import { readSparse, SPARSE_FLAG, type StoredBytes } from './tar-sparse.ts';

/** One entry and its content. */
export interface TarMember {
  readonly entry: TarEntry;
  /**
   * The content, `entry.size` bytes, zeros for holes. Its chunks are valid until the next one
   * is asked for. What is not read is skipped when the next member is asked for.
   */
  readonly body: Bytes;
}

/** GNU's label of a volume: a name without a file. */
const LABEL_FLAG = 0x56;
const ZEROS = Buffer.alloc(64 * 1024);

/**
 * Reads a tar stream entry by entry, whatever dialect it is in: v7, POSIX ustar and PAX, GNU,
 * star. Memory does not depend on the archive. An archive may end without its end mark, but
 * not within an entry, and after the mark there may be zeros only.
 *
 * `skipAhead` leaves out bytes that the stream has not given out yet, where that can be done
 * without reading them: see SkippableBytes.
 *
 * Throws TarFormatError for what is damaged, LayerLimitError and LayerNameError for what is beyond
 * `limits`, before anything of that size is read. The stream is closed when the reader is left.
 */
export async function* readTar(
  tar: Bytes,
  limits: Partial<LayerLimits> = {},
  skipAhead?: (count: number) => boolean,
): AsyncGenerator<TarMember, void> {
  const bounds: LayerLimits = { ...DEFAULT_LIMITS, ...limits };
  const source = new TarSource(tar, skipAhead);
  const state: ExtensionState = { globals: undefined, globalBytes: 0, next: undefined, chain: 0 };
  let entries = 0;
  let unpacked = 0;
  try {
    while (source.blockAtHand() || (await source.block())) {
      const { current, offset } = source;
      if (!checksumFits(current, offset, source.words)) {
        if (!isZeroBlock(current, offset)) throw badHeader(source, entries);
        await expectZeros(source, bounds);
        break;
      }
      const flag = current[offset + TYPE_FLAG]!;
      if (isExtension(flag)) {
        await readExtension(source, flag, state, bounds);
        continue;
      }
      const extensions = takeExtensions(state);
      if (flag === LABEL_FLAG) {
        await skipLabel(source);
        continue;
      }
      let entry = entryOf(current, offset, extensions, bounds);
      const stored = new StoredBody(source, entry);
      const padding = paddingLength(entry.size);
      let body: Bytes = stored;
      if (flag === SPARSE_FLAG || extensions?.sparse) {
        ({ entry, body } = await readSparse(source, flag, entry, stored, extensions, bounds));
      }
      entries += 1;
      unpacked += entry.size;
      checkTotals(entries, unpacked, source.position + stored.left, entry, bounds);
      yield { entry, body };
      const rest = stored.abandon() + padding;
      if (rest > 0 && !source.skipAtHand(rest)) await source.skip(rest, shownName(entry.path));
    }
    if (state.next) throw source.cutOff('the description of an entry');
  } finally {
    await source.close();
  }
}

/** The bytes of the current entry as they are in the archive. */
class StoredBody implements StoredBytes {
  readonly #source: TarSource;
  readonly #entry: TarEntry;
  left: number;
  #over = false;

  constructor(source: TarSource, entry: TarEntry) {
    this.#source = source;
    this.#entry = entry;
    this.left = entry.size;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#over) throw new Error('content of a tar entry was read after the next entry');
    if (this.left === 0) return END;
    return this.#source.available > 0 ? Promise.resolve(this.#take()) : this.#wait();
  }

  /** Marks the content as gone. Returns how many bytes of it nobody has read. */
  abandon(): number {
    this.#over = true;
    return this.left;
  }

  #take(): IteratorResult<Uint8Array, undefined> {
    const value = this.#source.take(this.left);
    this.left -= value.length;
    return { done: false, value };
  }

  async #wait(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (await this.#source.more()) return this.#take();
    throw this.#source.cutOff(shownName(this.#entry.path));
  }
}

const END: Promise<IteratorResult<Uint8Array, undefined>> = Promise.resolve({
  done: true,
  value: undefined,
});

function badHeader(source: TarSource, entries: number): TarFormatError {
  const place = source.position - BLOCK;
  return new TarFormatError(
    entries === 0 && place === 0
      ? 'it does not start with a tar header'
      : `the header at byte ${place} has a wrong checksum`,
  );
}

function checkTotals(
  entries: number,
  unpacked: number,
  stored: number,
  entry: TarEntry,
  limits: LayerLimits,
): void {
  if (entries > limits.entries) {
    throw new LayerLimitError(`it has more than ${limits.entries} entries`);
  }
  if (unpacked > limits.unpackedBytes) {
    throw new LayerLimitError(
      `with ${shownName(entry.path)} its content has more than ${limits.unpackedBytes} bytes`,
    );
  }
  // Uncompressed, only files with holes can be larger than what stands for them.
  const source = Math.min(stored, limits.sourceBytes ?? stored);
  if (unpacked > limits.ratioFrom && unpacked > source * limits.ratio) {
    throw new LayerLimitError(
      `with ${shownName(entry.path)} its content is more than ${limits.ratio} times its size`,
    );
  }
}

async function skipLabel(source: TarSource): Promise<void> {
  const size = numberField(source.current, source.offset, Field.size, 'a size');
  if (size < 0) throw new TarFormatError('a size is negative');
  await source.skip(size + paddingLength(size), 'a volume label');
}

/** Reads what follows the end mark: archives are filled up with zeros to whole records. */
async function expectZeros(source: TarSource, limits: LayerLimits): Promise<void> {
  const end = source.position;
  while (await source.more()) {
    const piece = source.take(ZEROS.length);
    if (!ZEROS.subarray(0, piece.length).equals(piece)) {
      throw new TarFormatError(`something follows its end at byte ${end}`);
    }
    if (source.position - end > limits.unpackedBytes) {
      throw new LayerLimitError('its end does not end');
    }
  }
}

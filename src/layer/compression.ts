import type { Bytes } from '../base/bytes.ts';
import { isErrno, StaveError } from '../base/errors.ts';
import { CompressionError, LayerLimitError } from './errors.ts';
import { blocks, type CompressOptions, gzipped } from './gzip-writer.ts';
import { DEFAULT_LIMITS, type LayerLimits } from './limits.ts';
import { through, zlib } from './zlib-stream.ts';
import { zstdFrames } from './zstd-frames.ts';

/** How bytes are compressed, told by how they begin. */
export type Compression = 'none' | 'gzip' | 'zstd' | 'bzip2' | 'xz';

/** What {@link decompressed} may be told. */
export interface DecompressOptions {
  /** Decompresses what Node cannot, with a program of the host. It reports damage itself. */
  readonly external?: (format: 'bzip2' | 'xz', bytes: Bytes) => Bytes;
  readonly limits?: Partial<LayerLimits>;
}

const CHUNK = 1024 * 1024;
/** Larger pieces are no quicker, and many layers at once have two of them each. */
const GUNZIPPED = 128 * 1024;
/** Memory that a few bytes of zstd may claim: 128 MiB. */
const ZSTD_WINDOW_LOG = 27;
const ZSTD_LEVEL = 3;
const HEAD = 6;
const SIGNATURES: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];

/** Tells how bytes are compressed by their first ones; 6 suffice. */
export function sniff(head: Uint8Array): Compression {
  // A zstd stream may begin with a skippable frame.
  if (head.length >= 4 && (head[0]! & 0xf0) === 0x50) {
    if (head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18) return 'zstd';
  }
  const found = SIGNATURES.find(([, signature]) =>
    signature.every((byte, index) => head[index] === byte),
  );
  return found?.[0] ?? 'none';
}

/**
 * Looks at how a stream begins and decompresses what it finds; the stream stays to be read to
 * its end by the caller. While it is read, damage, an early end and anything behind the
 * compressed data (but zeros behind gzip, which tapes add) throw CompressionError, and content
 * out of all proportion to its source throws LayerLimitError.
 *
 * Throws CompressionError at once for bzip2 and xz when `external` is not given.
 */
export async function decompressed(
  bytes: Bytes,
  options: DecompressOptions = {},
): Promise<{ readonly format: Compression; readonly bytes: Bytes }> {
  const { head, all, close } = await peek(bytes);
  const format = sniff(head);
  if (format === 'none') return { format, bytes: all };
  if ((format === 'bzip2' || format === 'xz') && !options.external) {
    await close();
    throw new CompressionError(`no program to decompress ${format} data`, {
      hint: `Install ${format === 'xz' ? 'xz-utils' : 'bzip2'}, or compress with gzip or zstd.`,
    });
  }
  const limits: LayerLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const count = { input: 0 };
  const source = counted(all, count);
  const plain = decoder(format, source, options);
  return { format, bytes: bounded(plain, count, format, limits) };
}

function decoder(
  format: Exclude<Compression, 'none'>,
  source: Bytes,
  options: DecompressOptions,
): Bytes {
  switch (format) {
    case 'gzip':
      return translated(format, gunzipped(source));
    case 'zstd': {
      const engine = zlib().createZstdDecompress({
        chunkSize: CHUNK,
        params: { [zlib().constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG },
      });
      return translated(format, through(engine, zstdFrames(source)));
    }
    case 'bzip2':
    case 'xz':
      return options.external!(format, source);
    default:
      return format satisfies never;
  }
}

/**
 * Compresses. The result depends on the bytes and the level alone, not on how they come or on
 * the machine.
 */
export function compressed(
  bytes: Bytes,
  format: 'gzip' | 'zstd',
  options: CompressOptions = {},
): Bytes {
  const { level } = options;
  if (format === 'gzip') return gzipped(bytes, options);
  const engine = zlib().createZstdCompress({
    chunkSize: CHUNK,
    params: {
      [zlib().constants.ZSTD_c_compressionLevel]: level ?? ZSTD_LEVEL,
      [zlib().constants.ZSTD_c_checksumFlag]: 1,
    },
  });
  // A block has been taken when the next one is asked for.
  const block = Buffer.allocUnsafeSlow(CHUNK);
  return through(
    engine,
    blocks(bytes, CHUNK, () => block),
  );
}

async function* gunzipped(source: Bytes): AsyncGenerator<Uint8Array, void> {
  const engine = zlib().createGunzip({ chunkSize: GUNZIPPED });
  const tail = { bytes: 0, zeros: 0 };
  yield* through(engine, withTail(source, tail));
  // Node ends quietly at a zero after a member, whatever follows that.
  if (tail.bytes - engine.bytesWritten > tail.zeros) {
    throw new CompressionError('damaged gzip data: something else follows it');
  }
}

/** Counts the bytes that pass, and the zeros at the end of them. */
async function* withTail(
  source: Bytes,
  tail: { bytes: number; zeros: number },
): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of source) {
    let zeros = 0;
    while (zeros < chunk.length && chunk[chunk.length - 1 - zeros] === 0) zeros += 1;
    tail.zeros = zeros === chunk.length ? tail.zeros + zeros : zeros;
    tail.bytes += chunk.length;
    yield chunk;
  }
}

async function* counted(bytes: Bytes, count: { input: number }): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of bytes) {
    count.input += chunk.length;
    yield chunk;
  }
}

async function* bounded(
  bytes: Bytes,
  count: { readonly input: number },
  format: Compression,
  limits: LayerLimits,
): AsyncGenerator<Uint8Array, void> {
  let output = 0;
  for await (const chunk of bytes) {
    output += chunk.length;
    if (output > limits.ratioFrom && output > count.input * limits.ratio) {
      throw new LayerLimitError(
        `${format} data of ${count.input} bytes grows to more than ${limits.ratio} times its size`,
      );
    }
    yield chunk;
  }
}

/** Gives zlib's errors their meaning. */
async function* translated(format: Compression, bytes: Bytes): AsyncGenerator<Uint8Array, void> {
  try {
    yield* bytes;
  } catch (error) {
    if (error instanceof StaveError || !isZlibError(error)) throw error;
    if (isErrno(error, 'ZSTD_error_frameParameter_windowTooLarge')) {
      throw new LayerLimitError(
        `zstd data asks for more than ${2 ** (ZSTD_WINDOW_LOG - 20)} MiB of memory`,
      );
    }
    const what = isErrno(error, 'Z_BUF_ERROR') ? 'it ends too early' : error.message.toLowerCase();
    throw new CompressionError(`damaged ${format} data: ${what}`, { cause: error });
  }
}

function isZlibError(error: unknown): error is Error {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    /^(?:Z_|ZSTD_)/.test(error.code)
  );
}

/** Reads until `HEAD` bytes are known; `all` gives those and the rest. */
async function peek(bytes: Bytes): Promise<{
  readonly head: Uint8Array;
  readonly all: Bytes;
  readonly close: () => Promise<void>;
}> {
  const chunks = bytes[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let size = 0;
  while (size < HEAD) {
    const next = await chunks.next();
    if (next.done === true) break;
    size += next.value.length;
    // Chunks are valid until the next one only.
    first.push(size < HEAD ? Uint8Array.from(next.value) : next.value);
  }
  // Leaving a generator that was never begun would not close the stream.
  const close = async (): Promise<void> => {
    await chunks.return?.();
  };
  async function* all(): AsyncGenerator<Uint8Array, void> {
    try {
      yield* first;
      for (;;) {
        const next = await chunks.next();
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await close();
    }
  }
  return { head: Buffer.concat(first).subarray(0, HEAD), all: all(), close };
}

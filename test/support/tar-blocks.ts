import { collect } from '../../src/base/bytes.ts';
import type { LayerLimits } from '../../src/layer/limits.ts';
import type { TarEntry } from '../../src/layer/tar-entry.ts';
import { readTar } from '../../src/layer/tar-reader.ts';

/** Fields of a hand-made header, by name, as they are to stand there. */
export interface RawHeader {
  readonly name?: string | Buffer;
  readonly mode?: string | Buffer;
  readonly uid?: string | Buffer;
  readonly gid?: string | Buffer;
  readonly size?: number | string | Buffer;
  readonly mtime?: string | Buffer;
  readonly flag?: string;
  readonly link?: string | Buffer;
  /** Bytes from 257 on: magic and version. POSIX by default. */
  readonly magic?: string;
  readonly major?: string | Buffer;
  readonly minor?: string | Buffer;
  readonly prefix?: string | Buffer;
  /** Anything else, by offset. */
  readonly more?: readonly (readonly [at: number, bytes: string | Buffer])[];
}

/** Magic and version of headers in the old GNU format. */
export const GNU_MAGIC = 'ustar  \0';
/** Two blocks of zeros: the end of an archive. */
export const END = Buffer.alloc(1024);

/** One header block with a right checksum. */
export function header(raw: RawHeader): Buffer {
  const block = Buffer.alloc(512);
  const put = (at: number, value: string | Buffer | undefined): void => {
    if (value !== undefined) block.set(Buffer.from(value as string, 'latin1'), at);
  };
  put(0, raw.name ?? 'file');
  put(100, raw.mode ?? '0000644\0');
  put(108, raw.uid ?? '0000000\0');
  put(116, raw.gid ?? '0000000\0');
  put(
    124,
    typeof raw.size === 'object' || typeof raw.size === 'string'
      ? raw.size
      : `${(raw.size ?? 0).toString(8).padStart(11, '0')}\0`,
  );
  put(136, raw.mtime ?? '00000000000\0');
  put(156, raw.flag ?? '0');
  put(157, raw.link);
  put(257, raw.magic ?? 'ustar\x0000');
  put(329, raw.major);
  put(337, raw.minor);
  put(345, raw.prefix);
  for (const [at, bytes] of raw.more ?? []) put(at, bytes);
  return signed(block);
}

/** Puts the checksum of a header into it. */
export function signed(block: Buffer): Buffer {
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** Content filled up to whole blocks. */
export function padded(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string, 'latin1');
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

/** A header and its content. */
export function entry(raw: RawHeader, content: string | Buffer = ''): Buffer {
  return Buffer.concat([header({ size: content.length, ...raw }), padded(content)]);
}

/** One PAX record. */
export function record(key: string, value: string | Buffer): Buffer {
  const body = Buffer.concat([
    Buffer.from(` ${key}=`),
    Buffer.from(value as string, 'utf8'),
    Buffer.from('\n'),
  ]);
  let length = body.length;
  while (String(length).length + body.length !== length) {
    length = String(length).length + body.length;
  }
  return Buffer.concat([Buffer.from(String(length)), body]);
}

/** A PAX header of these records; `flag` g makes it global. */
export function pax(
  records: readonly (readonly [string, string | Buffer])[],
  flag: 'x' | 'g' | 'X' = 'x',
): Buffer {
  return entry(
    { name: 'pax', flag },
    Buffer.concat(records.map(([key, value]) => record(key, value))),
  );
}

/** A number in base 256, as GNU tar writes it into fields of `length` bytes. */
export function base256(value: bigint, length: number): Buffer {
  const out = Buffer.alloc(length);
  let rest = BigInt.asUintN(8 * length, value);
  for (let index = length - 1; index >= 0; index -= 1) {
    out[index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  out[0]! |= 0x80;
  return out;
}

/** A stream of `bytes` in chunks of `size`. */
export async function* inChunks(
  bytes: Uint8Array,
  size = 1024 * 1024,
): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Everything that the reader finds in an archive, contents included. */
export async function readAll(
  archive: Uint8Array,
  options: { readonly chunk?: number; readonly limits?: Partial<LayerLimits> } = {},
): Promise<{ entry: TarEntry; content: Buffer }[]> {
  const found: { entry: TarEntry; content: Buffer }[] = [];
  for await (const member of readTar(inChunks(archive, options.chunk), options.limits)) {
    found.push({ entry: member.entry, content: await collect(member.body, 2 ** 30) });
  }
  return found;
}

/** The only entry of an archive made of these parts. */
export async function readOne(
  ...parts: readonly Buffer[]
): Promise<{ entry: TarEntry; content: Buffer }> {
  const found = await readAll(Buffer.concat([...parts, END]));
  if (found.length !== 1) throw new Error(`${found.length} entries instead of one`);
  return found[0]!;
}

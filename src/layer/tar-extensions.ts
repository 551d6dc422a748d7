import { LayerLimitError, TarFormatError } from './errors.ts';
import type { LayerLimits } from './limits.ts';
import { Field, numberField, paddingLength } from './tar-fields.ts';
import { type Extensions, readPax } from './tar-pax.ts';
import type { TarSource } from './tar-source.ts';

const PAX = 0x78; // x
const SOLARIS_PAX = 0x58; // X
const PAX_GLOBAL = 0x67; // g
const LONG_NAME = 0x4c; // L
const LONG_LINK = 0x4b; // K

/** What extension headers have said so far. */
export interface ExtensionState {
  /** Of the whole archive from here on. */
  globals: Extensions | undefined;
  /** Bytes of values that `globals` may hold. */
  globalBytes: number;
  /** Of the next entry only. */
  next: Extensions | undefined;
  /** Headers since the last entry. */
  chain: number;
}

/** True for the flags of headers that describe the next entry and are none themselves. */
export function isExtension(flag: number): boolean {
  return (
    flag === PAX ||
    flag === PAX_GLOBAL ||
    flag === LONG_NAME ||
    flag === LONG_LINK ||
    flag === SOLARIS_PAX
  );
}

/**
 * Reads the extension whose header is the source's current block into `state`.
 * Throws TarFormatError and LayerLimitError.
 */
export async function readExtension(
  source: TarSource,
  flag: number,
  state: ExtensionState,
  limits: LayerLimits,
): Promise<void> {
  state.chain += 1;
  if (state.chain > limits.headerChain) {
    throw new LayerLimitError(`more than ${limits.headerChain} headers describe one entry`);
  }
  const size = numberField(source.current, source.offset, Field.size, 'a size');
  const isName = flag === LONG_NAME || flag === LONG_LINK;
  const bound = isName ? limits.nameBytes + 1 : limits.paxBytes;
  if (size < 0) throw new TarFormatError('a size is negative');
  if (size > bound) {
    throw new LayerLimitError(`a ${isName ? 'name' : 'PAX header'} of ${size} bytes`);
  }
  const data = await source.read(size, 'an extension header');
  await source.skip(paddingLength(size), 'an extension header');
  if (flag === PAX_GLOBAL) {
    state.globalBytes += size;
    if (state.globalBytes > limits.paxBytes) {
      throw new LayerLimitError(`global PAX headers of more than ${limits.paxBytes} bytes`);
    }
    state.globals ??= {};
    readPax(data, state.globals);
    return;
  }
  state.next ??= {};
  if (isName) {
    const end = data.indexOf(0);
    const name = end < 0 ? data : data.subarray(0, end);
    if (flag === LONG_NAME) state.next.path = name;
    else state.next.linkTarget = name;
  } else {
    readPax(data, state.next);
  }
}

/** What is known of the next entry; forgets what was said of it alone. */
export function takeExtensions(state: ExtensionState): Extensions | undefined {
  const { globals, next } = state;
  state.next = undefined;
  state.chain = 0;
  if (!globals || !next) return next ?? globals;
  const xattrs = new Map([...(globals.xattrs ?? []), ...(next.xattrs ?? [])]);
  return { ...globals, ...next, ...(xattrs.size > 0 && { xattrs }) };
}

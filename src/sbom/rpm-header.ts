/** What is read of an installed package of rpm. */
export interface RpmHeader {
  readonly name: string;
  /** `epoch:version-release`; without the epoch where there is none. */
  readonly version: string;
  readonly architecture: string | undefined;
  readonly vendor: string | undefined;
  readonly license: string | undefined;
  readonly url: string | undefined;
  readonly summary: string | undefined;
  /** `bash-5.2-1.src.rpm`. */
  readonly sourceRpm: string | undefined;
}

const Tag = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  summary: 1004,
  vendor: 1011,
  license: 1014,
  url: 1020,
  arch: 1022,
  sourceRpm: 1044,
} as const;
const INT32 = 4;
const STRING = 6;
const STRING_ARRAY = 8;
const I18N_STRING = 9;
const ENTRY_SIZE = 16;
/** Entries of a header; rpm's own bound is 65535. */
const ENTRIES_LIMIT = 65_536;
const STRING_LIMIT = 4096;

/**
 * Reads a header as rpm's database keeps it: two counts, the index, the data. Undefined when it is
 * none. Offsets are checked against what is there.
 *
 * @see https://rpm-software-management.github.io/rpm/manual/format_header.html
 */
export function rpmHeader(blob: Uint8Array): RpmHeader | undefined {
  const data = Buffer.from(blob.buffer, blob.byteOffset, blob.length);
  if (data.length < 8) return undefined;
  const [entries, size] = [data.readUInt32BE(0), data.readUInt32BE(4)];
  const store = 8 + entries * ENTRY_SIZE;
  if (entries > ENTRIES_LIMIT || store + size > data.length) return undefined;
  const values = data.subarray(store, store + size);
  const found = new Map<number, string>();
  for (let at = 8; at < store; at += ENTRY_SIZE) {
    const tag = data.readUInt32BE(at);
    if (!WANTED.has(tag) || found.has(tag)) continue;
    const value = valueOf(values, data.readUInt32BE(at + 4), data.readUInt32BE(at + 8));
    if (value !== undefined) found.set(tag, value);
  }
  const [name, version, release] = [Tag.name, Tag.version, Tag.release].map((tag) =>
    found.get(tag),
  );
  if (name === undefined || version === undefined || release === undefined) return undefined;
  const epoch = found.get(Tag.epoch);
  return {
    name,
    version: `${epoch === undefined ? '' : `${epoch}:`}${version}-${release}`,
    architecture: found.get(Tag.arch),
    vendor: found.get(Tag.vendor),
    license: found.get(Tag.license),
    url: found.get(Tag.url),
    summary: found.get(Tag.summary),
    sourceRpm: found.get(Tag.sourceRpm),
  };
}

const WANTED: ReadonlySet<number> = new Set(Object.values(Tag));

/** The first text or number of an entry. */
function valueOf(values: Buffer, type: number, offset: number): string | undefined {
  if (type === INT32) {
    return offset + 4 <= values.length ? String(values.readUInt32BE(offset)) : undefined;
  }
  if (type !== STRING && type !== STRING_ARRAY && type !== I18N_STRING) return undefined;
  if (offset >= values.length) return undefined;
  const end = values.indexOf(0, offset);
  if (end < 0 || end - offset > STRING_LIMIT) return undefined;
  return values.toString('utf8', offset, end);
}

import * as fc from 'fast-check';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { digestOf } from '../../src/oci/digest.ts';
import { MediaType } from '../../src/oci/media-types.ts';
import { memberTar } from '../support/member-tar.ts';
import { signed } from '../support/tar-blocks.ts';
import { tarOf, type TestEntry } from '../tar-of.ts';
import { blob, descriptor, text } from './documents.ts';

/** What is done to bytes: cut off, bits turned, a piece of them put or taken elsewhere. */
const byteChange = fc.oneof(
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
  fc.record({
    kind: fc.constant('flip' as const),
    at: fc.nat(),
    bits: fc.integer({ min: 1, max: 255 }),
  }),
  fc.record({ kind: fc.constant('zero' as const), at: fc.nat(), size: fc.nat(1024) }),
  fc.record({ kind: fc.constant('twice' as const), at: fc.nat(), size: fc.nat(2048) }),
  fc.record({ kind: fc.constant('drop' as const), at: fc.nat(), size: fc.nat(2048) }),
);
type ByteChange = typeof byteChange extends fc.Arbitrary<infer T> ? T : never;

function changed(data: Buffer, change: ByteChange): Buffer {
  const at = change.at % Math.max(1, data.length);
  switch (change.kind) {
    case 'cut':
      return data.subarray(0, at);
    case 'flip': {
      const copy = Buffer.from(data);
      copy[at] = (copy[at] ?? 0) ^ change.bits;
      return copy;
    }
    case 'zero':
      return Buffer.from(data).fill(0, at, Math.min(data.length, at + change.size));
    case 'twice':
      return Buffer.concat([data.subarray(0, at + change.size), data.subarray(at)]);
    case 'drop':
      return Buffer.concat([data.subarray(0, at), data.subarray(at + change.size)]);
  }
}

/** As {@link changed}, for one byte of a tar's headers, with the checksum made right again. */
function headerChanged(
  tar: Buffer,
  { block, at, value }: { readonly block: number; readonly at: number; readonly value: number },
): Buffer {
  const copy = Buffer.from(tar);
  const headers = Array.from({ length: copy.length / 512 }, (_, index) => index * 512).filter(
    (start) => copy.toString('latin1', start + 257, start + 262) === 'ustar',
  );
  const start = headers[block % Math.max(1, headers.length)];
  if (start === undefined) return copy;
  copy[start + at] = value;
  signed(copy.subarray(start, start + 512));
  return copy;
}

const HOSTILE_VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  0.5,
  2 ** 53,
  1e12,
  [],
  {},
  [null],
  [[]],
  [{}],
  { '': '' },
  { constructor: 1 },
  '',
  ' ',
  '..',
  '../../etc/passwd',
  '/',
  '\0',
  '\u001b[31m',
  'windows',
  'x'.repeat(5000),
  `sha256:${'a'.repeat(64)}`,
  'sha256:../x',
  `sha512:${'a'.repeat(128)}`,
  MediaType.ociIndex,
  MediaType.ociManifest,
  MediaType.ociEmpty,
];
const hostileValue = fc.oneof(fc.constantFrom(...HOSTILE_VALUES), fc.jsonValue({ maxDepth: 3 }));
const jsonChange = fc.record({
  path: fc.array(fc.nat(20), { maxLength: 5 }),
  kind: fc.constantFrom('set', 'remove', 'add', 'double'),
  key: fc.constantFrom(
    '__proto__',
    'constructor',
    'manifests',
    'layers',
    'config',
    'mediaType',
    'x',
  ),
  value: hostileValue,
});
type JsonChange = typeof jsonChange extends fc.Arbitrary<infer T> ? T : never;

/** The document with something changed in it, at a place that the numbers of `path` lead to. */
function documentChanged(document: unknown, { path, kind, key, value }: JsonChange): string {
  const copy = structuredClone(document) as Record<string, unknown>;
  let here: Record<string, unknown> = copy;
  let last: string | undefined;
  for (const step of path) {
    const keys = Object.keys(here);
    const name = keys[step % Math.max(1, keys.length)];
    if (name === undefined) break;
    last = name;
    const next = here[name];
    if (typeof next !== 'object' || next === null || step === path.at(-1)) break;
    here = next as Record<string, unknown>;
    last = undefined;
  }
  if (kind === 'add' || last === undefined)
    Object.defineProperty(here, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  else if (kind === 'remove') delete here[last];
  else if (kind === 'double' && Array.isArray(here)) here.push(...(here as unknown[]));
  else here[last] = value;
  return JSON.stringify(copy);
}

const BOTTOM = memberTar(
  { path: 'bin', type: 'directory' },
  { path: 'bin/a', body: 'a'.repeat(1500), mode: 0o4755 },
  {
    path: `long/${'n'.repeat(120)}/${'m'.repeat(120)}`,
    body: 'x',
    xattrs: new Map([['user.x', Buffer.from('y')]]),
  },
  { path: 'l', type: 'symlink', linkTarget: 'bin' },
  { path: 'h', type: 'hardlink', linkTarget: 'bin/a' },
);
const TOP = memberTar({ path: 'bin/.wh.a' }, { path: 'l/b', body: 'y'.repeat(70_000) });
const CONFIG = {
  created: '2024-01-01T00:00:00Z',
  architecture: 'amd64',
  os: 'linux',
  config: {
    Env: ['A=1'],
    Cmd: ['sh'],
    Labels: { a: 'b' },
    Volumes: { '/v': {} },
    Healthcheck: { Test: ['NONE'] },
  },
  history: [{ created_by: 'x' }, { created_by: 'y', empty_layer: true }, { created_by: 'z' }],
};

/** What one run changes: one thing that nothing else knows of, or one that all digests follow. */
export const mutation = fc.record({
  form: fc.constantFrom('docker', 'layout', 'both'),
  pack: fc.constantFrom('none', 'gzip', 'zstd'),
  layers: fc.option(
    fc.tuple(
      fc.nat(1),
      fc.oneof(byteChange, fc.record({ block: fc.nat(20), at: fc.nat(511), value: fc.nat(255) })),
    ),
  ),
  packed: fc.option(fc.tuple(fc.nat(1), byteChange), { freq: 6 }),
  documents: fc.array(
    fc.tuple(fc.constantFrom('config', 'manifest', 'index', 'docker'), jsonChange),
    { maxLength: 2 },
  ),
  members: fc.array(
    fc.record({
      kind: fc.constantFrom('drop', 'double', 'swap', 'rename', 'last', 'type'),
      one: fc.nat(20),
      two: fc.nat(20),
    }),
    { maxLength: 2 },
  ),
  whole: fc.option(
    fc.oneof(byteChange, fc.record({ block: fc.nat(20), at: fc.nat(511), value: fc.nat(255) })),
    { freq: 5 },
  ),
});
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

/** The archive of a good image, changed so. */
export function mutated(change: Mutation): Buffer {
  const tars = [BOTTOM, TOP];
  if (change.layers) {
    const [at, how] = change.layers;
    const tar = tars[at] ?? TOP;
    tars[at] = 'kind' in how ? changed(tar, how) : headerChanged(tar, how);
  }
  const files = tars.map((tar) =>
    change.pack === 'gzip' ? gzipSync(tar) : change.pack === 'zstd' ? zstdCompressSync(tar) : tar,
  );
  if (change.packed) {
    const [at, how] = change.packed;
    files[at] = changed(files[at] ?? TOP, how);
  }
  const documentOf = (name: string, good: object): string => {
    const found = change.documents.find(([one]) => one === name);
    return found ? documentChanged(good, found[1]) : text(good);
  };
  const type = {
    none: MediaType.ociLayer,
    gzip: MediaType.ociLayerGzip,
    zstd: MediaType.ociLayerZstd,
  }[change.pack];
  const config = documentOf('config', {
    ...CONFIG,
    rootfs: { type: 'layers', diff_ids: tars.map((tar) => digestOf(tar)) },
  });
  const manifest = documentOf('manifest', {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: descriptor(MediaType.ociConfig, config),
    layers: files.map((file) => descriptor(type ?? '', file)),
  });
  const annotations = { 'io.containerd.image.name': 'docker.io/library/x:1' };
  const index = documentOf('index', {
    schemaVersion: 2,
    mediaType: MediaType.ociIndex,
    manifests: [{ ...descriptor(MediaType.ociManifest, manifest), annotations }],
  });
  const list = documentOf('docker', [
    { Config: blob(config).name, RepoTags: ['x:1'], Layers: files.map((file) => blob(file).name) },
  ]);
  const entries: TestEntry[] = [...files.map((file) => blob(file)), blob(config)];
  if (change.form !== 'docker') {
    entries.push(
      blob(manifest),
      { name: 'index.json', data: index },
      { name: 'oci-layout', data: '{"imageLayoutVersion":"1.0.0"}' },
    );
  }
  if (change.form !== 'layout') entries.push({ name: 'manifest.json', data: list });
  for (const one of change.members) rearrange(entries, one);
  const archive = tarOf(entries);
  if (!change.whole) return archive;
  return 'kind' in change.whole
    ? changed(archive, change.whole)
    : headerChanged(archive, change.whole);
}

function rearrange(entries: TestEntry[], { kind, one, two }: Mutation['members'][number]): void {
  const [a, b] = [one % entries.length, two % entries.length];
  const [first, second] = [entries[a], entries[b]];
  if (!first || !second) return;
  if (kind === 'drop') entries.splice(a, 1);
  if (kind === 'double') entries.push(first);
  if (kind === 'last') entries.push(...entries.splice(a, 1));
  if (kind === 'type') entries[a] = { name: first.name, type: 'symlink', link: second.name };
  if (kind === 'rename') entries[a] = { ...first, name: second.name };
  if (kind === 'swap') {
    entries[a] = { ...first, name: second.name };
    entries[b] = { ...second, name: first.name };
  }
}

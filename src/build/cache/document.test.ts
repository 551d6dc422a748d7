import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { InvalidInputError } from '../../base/errors.ts';
import { digestOf, type DiffId } from '../../oci/digest.ts';
import { encodeCache, layersOf, parseCache, type CacheDocument } from './document.ts';

const diffId = (text: string): DiffId => digestOf(text) as string as DiffId;
const BLOB = { mediaType: 'application/x', digest: digestOf('blob'), size: 4 };

const CACHE: CacheDocument = {
  layers: [{ diffId: diffId('base') }, { diffId: diffId('top'), blob: BLOB }],
  chains: [{ layer: 0 }, { layer: 1, below: 0 }],
  records: [
    {
      key: digestOf('key'),
      canonicalKey: digestOf('canonical'),
      place: 'stage\x000\0linux/amd64',
      ingredients: [
        { kind: 'arg', name: 'V' },
        { kind: 'file', name: 'src', digest: digestOf('src'), text: 'what it was' },
      ],
      chain: 1,
      createdAt: 1,
      took: 2,
    },
  ],
  mounts: [{ id: 'npm', size: 10, usedAt: 3, chunks: [BLOB] }],
};

test('parseCache() reads what encodeCache() wrote', () => {
  assert.deepEqual(parseCache(encodeCache(CACHE)), CACHE);
  assert.deepEqual(
    layersOf(CACHE, 1).map((layer) => layer.diffId),
    [diffId('base'), diffId('top')],
  );
});

/** The document with one part of its JSON replaced. */
function changed(path: readonly (string | number)[], value: unknown): Buffer {
  const text = encodeCache(CACHE).toString();
  const set = (json: unknown, [key, ...rest]: readonly (string | number)[]): unknown => {
    if (key === undefined) return value;
    const copy = structuredClone(json) as Record<string | number, unknown>;
    copy[key] = set(copy[key], rest);
    return copy;
  };
  return Buffer.from(JSON.stringify(set(JSON.parse(text), path)));
}

const DEEP = Array.from({ length: 600 }, (_, at) => (at === 0 ? [0] : [0, at - 1]));

for (const [what, path, value] of [
  ['of a later version', ['version'], 2],
  ['whose chain lies on itself', ['chains', 1], [1, 1]],
  ['whose chain lies on a later one', ['chains', 0], [0, 1]],
  ['whose chain names no layer', ['chains', 0], [7]],
  ['whose record names no chain', ['records', 0, 'chain'], 2],
  ['whose key is no digest', ['records', 0, 'key'], '../../etc/passwd'],
  ['whose diff ID is no digest', ['layers', 0, 'diffId'], 'sha256:a'],
  ['whose blob has no size', ['layers', 1, 'blob', 'size'], undefined],
  ['with an unknown ingredient', ['records', 0, 'ingredients', 0, 0], 'magic'],
  ['with an endless place', ['records', 0, 'place'], 'x'.repeat(5000)],
  ['with more layers on one stack than an image may have', ['chains'], DEEP],
] as const) {
  test(`parseCache() refuses a document ${what}`, () => {
    assert.throws(() => parseCache(changed(path, value)), InvalidInputError);
  });
}

test('parseCache() reads or refuses whatever it is given', () => {
  const json = JSON.parse(encodeCache(CACHE).toString()) as object;
  const keys = Object.keys(json);
  fc.assert(
    fc.property(fc.constantFrom(...keys), fc.jsonValue(), (key, value) => {
      const data = Buffer.from(JSON.stringify({ ...json, [key]: value }));
      try {
        const read = parseCache(data);
        for (const { chain } of read.records) layersOf(read, chain);
      } catch (error) {
        assert.ok(error instanceof InvalidInputError, String(error));
      }
    }),
    { numRuns: 200 },
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../oci/digest.ts';
import { treeTable } from './image-trees.ts';
import { shortId } from './units.ts';

test('treeTable() lists names below one another and platforms as branches', () => {
  const [index, amd64, arm64, plain] = ['i', 'a', 'b', 'p'].map((text) => digestOf(text));
  const facts = (id = digestOf(''), size = 0, inUse = false) => ({ id, size, content: 10, inUse });
  const text = treeTable(
    [
      {
        names: ['app:1', 'app:2'],
        ...facts(index, 3_000_000, true),
        platforms: [
          { platform: { os: 'linux', architecture: 'amd64' }, ...facts(amd64, 1_000_000, true) },
          {
            platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
            ...facts(arm64, 2_000_000),
          },
        ],
      },
      { names: [], ...facts(plain, 5), platforms: [] },
    ],
    { truncate: true, heading: true },
  );
  assert.equal(
    text,
    [
      'IMAGE               ID             DISK USAGE   CONTENT SIZE   EXTRA',
      'app:1',
      `app:2               ${shortId(index!)}   3MB          10B            in use`,
      `├─ linux/amd64      ${shortId(amd64!)}   1MB          10B            in use`,
      `└─ linux/arm64/v8   ${shortId(arm64!)}   2MB          10B`,
      `<untagged>          ${shortId(plain!)}   5B           10B`,
      '',
    ].join('\n'),
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../../oci/digest.ts';
import type { ImageConfig } from '../../oci/image-config.ts';
import { MediaType } from '../../oci/media-types.ts';
import { instructionOf, mapHistory } from './history.ts';

const layers = ['one', 'two'].map((text) => ({
  mediaType: MediaType.ociLayerGzip,
  digest: digestOf(text),
  size: text.length,
}));

function configWith(history: ImageConfig['history']): ImageConfig {
  return {
    os: 'linux',
    architecture: 'amd64',
    rootfs: { type: 'layers', diff_ids: [digestOf('a'), digestOf('b')] },
    ...(history && { history }),
  };
}

test('mapHistory() gives each step that made a layer the next one, others none', () => {
  const mapped = mapHistory(
    layers,
    configWith([
      { created_by: 'ADD rootfs.tar /' },
      { created_by: 'ENV A=1', empty_layer: true },
      { created_by: 'COPY . /' },
      { created_by: 'CMD ["x"]', empty_layer: true },
    ]),
  );
  assert.deepEqual(
    mapped.history.map(({ layer }) => layer),
    [0, undefined, 1, undefined],
  );
  assert.deepEqual(
    mapped.layers.map(({ step, diffId }) => [step, diffId]),
    [
      [0, digestOf('a')],
      [2, digestOf('b')],
    ],
  );
  assert.equal(mapped.isHistoryOdd, false);
});

test('mapHistory() names no step where history and layers do not fit', () => {
  const mapped = mapHistory(layers, configWith([{ created_by: 'one for two layers' }]));
  assert.deepEqual(
    [mapped.isHistoryOdd, mapped.layers[0]?.step, mapped.history[0]?.layer],
    [true, undefined, undefined],
  );
  assert.equal(mapHistory(layers, configWith(undefined)).isHistoryOdd, false);
  assert.equal(mapHistory(layers, undefined).layers.length, 2);
});

test('instructionOf() takes off what builders wrap around an instruction', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'],
    ['/bin/sh -c #(nop) ADD file:1d2c in / ', 'ADD file:1d2c in /'],
    ['/bin/sh -c apt-get update', 'RUN apt-get update'],
    ['RUN /bin/sh -c make # buildkit', 'RUN make'],
    ['RUN |1 V=2 /bin/sh -c make $V # buildkit', 'RUN make $V  # V=2'],
    ['|2 A=1 B=2 /bin/sh -c make', 'RUN make  # A=1 B=2'],
    ['COPY a b # buildkit', 'COPY a b'],
    ['bazel build //x', 'bazel build //x'],
    ['', ''],
  ];
  for (const [text, instruction] of cases) assert.equal(instructionOf(text), instruction);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addImage } from '../../../test/image-rows.ts';
import { scratchStore } from '../../../test/scratch-store.ts';
import { chainId, type DiffId, digestOf } from '../../oci/digest.ts';
import { bench, image, root } from '../../build/testing/bench.ts';
import { imageSteps, wholeImage } from './steps.ts';

const NAME = 'docker.io/library/app:1';

test('imageSteps() knows the line of every step that was built here', root, async (t) => {
  const at = bench(t);
  at.write('a', 'a');
  const text = 'FROM base AS one\nENV A=b\nFROM one\n# c\nCOPY a \\\n  /a\nCMD ["a"]\n';
  const base = image('base', '1');
  const history = [{ created_by: 'of the base', empty_layer: true }];
  const bases = { base: { ...base, config: { ...base.config, history } } };
  await at.build(text, { names: [NAME] }, undefined, bases);
  const { steps } = imageSteps(at.store, 'app:1');
  assert.deepEqual(
    steps.map(({ createdBy, origin, inherited }) => [createdBy, origin?.lines, inherited]),
    [
      ['of the base', undefined, true],
      ['ENV A=b', [2, 2], false],
      ['COPY a /a # buildkit', [5, 6], false],
      ['CMD ["a"]', [7, 7], false],
    ],
  );
  assert.equal(steps[0]?.id, undefined);
  assert.ok(steps.slice(1).every(({ id }) => id !== undefined));
});

test(
  'imageSteps() tells the lines as they stand now, when nothing had to be built again',
  root,
  async (t) => {
    const at = bench(t);
    at.write('a', 'a');
    const first = await at.build('FROM scratch\nCOPY a /\n', { names: [NAME] });
    const second = await at.build('# more\n\nFROM scratch\nCOPY a /\n', { names: [NAME] });
    assert.equal(second.id, first.id);
    assert.deepEqual(imageSteps(at.store, 'app:1').steps[0]?.origin?.lines, [4, 4]);
  },
);

test('imageSteps() gives steps that begin alike the same ID, whatever follows', root, async (t) => {
  const at = bench(t);
  at.write('a', 'a');
  const beginning = 'FROM scratch\nCOPY a /\nENV A=b\n';
  await at.build(`${beginning}CMD ["1"]\n`, { names: ['docker.io/library/one:1'] });
  await at.build(`${beginning}CMD ["2"]\n`, { names: ['docker.io/library/two:1'] });
  const ids = (name: string): unknown[] => imageSteps(at.store, name).steps.map(({ id }) => id);
  const [one, two] = [ids('one:1'), ids('two:1')];
  assert.deepEqual(one.slice(0, 2), two.slice(0, 2));
  assert.notEqual(one[2], two[2]);
  assert.equal(new Set(one).size, 3);
});

test('imageSteps() finds the images that one continues, though nothing says that it was made from them', () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const history = [{ created_by: 'COPY a /' }, { created_by: 'CMD', empty_layer: true }];
  const layers = [{ seed: 'base', size: 5 }];
  const base = addImage(store, 'base', ['base:1'], { config: { history }, layers });
  // The same layers, made in another way.
  addImage(store, 'else', ['else:1'], { config: { history: [{ created_by: 'ADD' }] }, layers });
  const id = addImage(store, 'app', ['app:1'], {
    config: { history: [...history, { created_by: 'LABEL', empty_layer: true }] },
    layers,
  });
  const { steps } = imageSteps(store, 'app:1');
  assert.deepEqual(
    steps.map((step) => [step.id, step.inherited]),
    [
      [undefined, true],
      [base, true],
      [id, false],
    ],
  );
});

test('wholeImage() names the layer that is not here', () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const layers = [
    { seed: 'one', size: 1 },
    { seed: 'two', size: 2 },
  ];
  const id = addImage(store, 'app', ['app:1'], { layers });
  // As after a power loss: the image is named, and a layer of it does not count.
  store.write((tables) => {
    const row = tables.images.get(id)!;
    tables.images.put({ ...row, chain: chainId([digestOf('other') as string as DiffId])! });
  });
  assert.throws(() => wholeImage(store, 'app:1'), { code: 'LAYER_MISSING' });
  assert.equal(imageSteps(store, 'app:1').steps.length, 0);
});

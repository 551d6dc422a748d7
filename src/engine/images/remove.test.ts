import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scratchStore } from '../../../test/scratch-store.ts';
import { addContainer, addImage, addIndex } from '../../../test/image-rows.ts';
import { encoded } from '../../oci/digest.ts';
import type { Store } from '../../store/store.ts';
import { removeImage, removeImages } from './remove.ts';

/**
 * What is removed, how many names it has (`two` are of two repositories), the state of a
 * container that uses it, whether another image was made from it; then what happens without
 * and with force. `-` is an untagged name, `x` the deleted image.
 */
const MATRIX = `
by    names  user     child  plain                force
name  one    none     no     - x                  - x
name  one    none     yes    -                    -
name  one    stopped  no     container            - x
name  one    stopped  yes    container            -
name  one    running  no     container            -
name  one    running  yes    container            -
name  two    none     no     -                    -
name  two    none     yes    -                    -
name  two    stopped  no     -                    -
name  two    stopped  yes    -                    -
name  two    running  no     -                    -
name  two    running  yes    -                    -
id    one    none     no     - x                  - x
id    one    none     yes    children             children
id    one    stopped  no     stopped              - x
id    one    stopped  yes    children             children
id    one    running  no     running              running
id    one    running  yes    children             children
id    two    none     no     repositories         - - x
id    two    none     yes    children             children
id    two    stopped  no     repositories         - - x
id    two    stopped  yes    children             children
id    two    running  no     running              running
id    two    running  yes    children             children
`;

const CONTAINER = 'c0ffee'.padEnd(64, '0');

interface Cell {
  readonly by: string;
  readonly names: string;
  readonly user: string;
  readonly child: string;
  readonly force: boolean;
  readonly expected: string;
}

const CELLS: readonly Cell[] = MATRIX.trim()
  .split('\n')
  .slice(1)
  .flatMap((line) => {
    const [by = '', names = '', user = '', child = '', plain = '', forced = ''] =
      line.split(/ {2,}/);
    const cell = { by, names, user, child };
    return [
      { ...cell, force: false, expected: plain },
      { ...cell, force: true, expected: forced },
    ];
  });

for (const cell of CELLS) {
  const { by, names, user, child, force, expected } = cell;
  const flag = force ? ' with force' : '';
  test(`rmi by ${by}, ${names} name(s), user ${user}, child ${child}${flag}: ${expected}`, async () => {
    using scratch = scratchStore();
    const { store } = scratch;
    const id = addImage(store, 'image', names === 'one' ? ['app:1'] : ['app:1', 'other/app:1']);
    if (child === 'yes') addImage(store, 'child', ['child:1'], { parent: id });
    if (user !== 'none') {
      addContainer(store, CONTAINER, id, user === 'running' ? 'running' : 'exited');
    }

    const short = encoded(id).slice(0, 12);
    const outcome = await outcomeOf(store, by === 'name' ? 'app:1' : short, force);

    const words: Record<string, string> = {
      container: `conflict: unable to remove repository reference "app:1" (must force) - container c0ffee000000 is using its referenced image ${short}`,
      children: `conflict: unable to delete ${short} (cannot be forced) - image has dependent child images`,
      running: `conflict: unable to delete ${short} (cannot be forced) - image is being used by running container c0ffee000000`,
      stopped: `conflict: unable to delete ${short} (must be forced) - image is being used by stopped container c0ffee000000`,
      repositories: `conflict: unable to delete ${short} (must be forced) - image is referenced in multiple repositories`,
    };
    assert.equal(outcome, words[expected] ?? expected);
  });
}

async function outcomeOf(store: Store, name: string, force: boolean): Promise<string> {
  try {
    const events = await removeImage(store, name, { force });
    return events.map((event) => ('untagged' in event ? '-' : 'x')).join(' ');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

test('removeImage() takes the digests of a repository away with its last tag', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const digest = `sha256:${'d'.repeat(64)}`;
  const id = addImage(store, 'image', ['app:1', `app@${digest}`, 'keep:1']);
  assert.deepEqual(await removeImage(store, 'app:1'), [
    { untagged: 'app:1' },
    { untagged: `app@${digest}` },
  ]);
  assert.deepEqual(await removeImage(store, 'keep:1'), [{ untagged: 'keep:1' }, { deleted: id }]);
});

test('removeImage() by ID takes one tag and its digests for one name', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const digest = `sha256:${'d'.repeat(64)}`;
  const id = addImage(store, 'image', ['app:1', `app@${digest}`]);
  assert.deepEqual(await removeImage(store, encoded(id)), [
    { untagged: 'app:1' },
    { untagged: `app@${digest}` },
    { deleted: id },
  ]);
});

test('removeImage() removes unnamed parents that nothing needs, unless it is told not to', async () => {
  for (const prune of [true, false]) {
    using scratch = scratchStore();
    const { store } = scratch;
    const grandparent = addImage(store, 'grandparent', []);
    const parent = addImage(store, 'parent', [], { parent: grandparent });
    const id = addImage(store, 'image', ['app:1'], { parent });
    const expected = [{ untagged: 'app:1' }, { deleted: id }];
    assert.deepEqual(
      await removeImage(store, 'app:1', { prune }),
      prune ? [...expected, { deleted: parent }, { deleted: grandparent }] : expected,
    );
  }
});

test('removeImage() leaves parents that have a name, another child or a container', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const named = addImage(store, 'named', ['base:1']);
  const used = addImage(store, 'used', [], { parent: named });
  addContainer(store, CONTAINER, used, 'exited');
  const id = addImage(store, 'image', ['app:1'], { parent: used });
  assert.deepEqual(await removeImage(store, 'app:1'), [{ untagged: 'app:1' }, { deleted: id }]);
});

test('removeImage() without a tag means the tag latest', async () => {
  using scratch = scratchStore();
  addImage(scratch.store, 'image', ['sv:a', 'sv:b']);
  await assert.rejects(removeImage(scratch.store, 'sv'), { message: 'No such image: sv:latest' });
});

test('removeImage() refuses what can be no name', async () => {
  using scratch = scratchStore();
  await assert.rejects(removeImage(scratch.store, 'Bad:Ref:x'), {
    message: 'invalid reference format: repository name (library/Bad) must be lowercase',
  });
});

test('removeImages() refuses one platform that is in use and leaves its names where they are', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const [used, other] = [addImage(store, 'used', []), addImage(store, 'other', [])];
  addIndex(
    store,
    'multi',
    ['multi:1'],
    [
      [used, 'amd64'],
      [other, 'arm64'],
    ],
  );
  addContainer(store, CONTAINER, used, 'exited');
  const platform = { os: 'linux', architecture: 'amd64' };
  const [outcome] = await removeImages(store, ['multi:1'], { platform });
  assert.match(String(outcome && 'error' in outcome && outcome.error), /stopped container/);
  const names = store.read(({ images }) => images.names());
  assert.deepEqual(
    names.map(({ image }) => image),
    [used],
  );
  const [forced] = await removeImages(store, ['multi:1'], { platform, force: true });
  assert.deepEqual(forced, { events: [{ deleted: used }] });
  assert.equal(store.read(({ images }) => images.names())[0]?.image, other);
});

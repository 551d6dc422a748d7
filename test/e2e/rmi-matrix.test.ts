import assert from 'node:assert/strict';
import { createReadStream, existsSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/open-engine.ts';
import { type Digest, encoded } from '../../src/oci/digest.ts';
import { canonicalName, parseReference } from '../../src/oci/reference.ts';
import { openStore } from '../../src/store/open-store.ts';
import { makeBaseTar } from '../judges/builders.ts';
import { House, type Ran, skip } from './house.ts';

/**
 * What is removed, which names it has, what uses it; then what happens without and with `-f`:
 * `-` an untagged name, `x` the deleted image, or the conflict. As recorded of Docker 28.
 */
const MATRIX = `
by    names       user     plain     force
name  one         none     - x       - x
name  one         stopped  name      - x
name  one         running  name      -
name  two tags    none     -         -
name  two tags    stopped  -         -
name  two tags    running  -         -
name  two repos   none     -         -
name  two repos   stopped  -         -
name  two repos   running  -         -
name  digest      none     - x       - x
name  digest      stopped  name      - x
name  digest      running  name      -
id    one         none     - x       - x
id    one         stopped  stopped   - x
id    one         running  running   running
id    two tags    none     names     - - x
id    two tags    stopped  names     - - x
id    two tags    running  running   running
id    two repos   none     names     - - x
id    two repos   stopped  names     - - x
id    two repos   running  running   running
id    digest      none     - x       - x
id    digest      stopped  stopped   - x
id    digest      running  running   running
`;

const NAMES: Readonly<Record<string, readonly string[]>> = {
  one: ['m:1'],
  'two tags': ['m:1', 'm:2'],
  'two repos': ['m:1', 'other/m:1'],
  digest: [`localhost:5000/m@sha256:${'d'.repeat(64)}`],
};

interface Cell {
  readonly by: string;
  readonly names: readonly string[];
  readonly user: string;
  readonly force: boolean;
  readonly expected: string;
}

const CELLS = MATRIX.trim()
  .split('\n')
  .slice(1)
  .flatMap((line) => {
    const [by = '', names = '', user = '', plain = '', forced = ''] = line.split(/ {2,}/);
    return [plain, forced].map((expected, at): [string, Cell] => [
      `rmi ${at === 1 ? '-f ' : ''}by ${by}: ${names}, container ${user}: ${expected}`,
      { by, names: NAMES[names] ?? [], user, force: at === 1, expected },
    ]);
  });

/** One store for all cells, with an image for each, and no names. */
class Matrix implements AsyncDisposable {
  readonly house: House;
  readonly engine: Engine;
  readonly #tar: string;
  #images = 0;

  private constructor(engine: Engine, house: House) {
    this.engine = engine;
    this.house = house;
    const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
    this.#tar = makeBaseTar(house.directory, busybox ?? '');
  }

  static async open(): Promise<Matrix> {
    const house = new House();
    return new Matrix(await openEngine({ root: house.root }), house);
  }

  async image(names: readonly string[]): Promise<Digest> {
    const changes = [`LABEL cell=${++this.#images}`, 'ENV PATH=/bin'];
    const id = await this.engine.images.import(createReadStream(this.#tar), { changes });
    using store = openStore(this.house.root);
    store.write(({ images }) => {
      for (const name of names) images.tag(canonicalName(parseReference(name)), id, Date.now());
    });
    return id;
  }

  /** Makes what uses the image, and returns its ID. */
  async user(kind: string, image: Digest): Promise<string | undefined> {
    const run = ['run', '--network', 'none', encoded(image)];
    if (kind === 'none') return undefined;
    if (kind === 'stopped') this.house.must([...run, 'true']);
    else this.house.start([...run, 'sleep', '1000']);
    for (let tries = 0; tries < 1000; tries++) {
      const [container] = await this.engine.containers.list({ all: true });
      if (container?.state === (kind === 'stopped' ? 'exited' : 'running')) return container.id;
      await pause(20);
    }
    throw new Error(`the container is not ${kind}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine[Symbol.asyncDispose]();
    this.house[Symbol.dispose]();
  }
}

test('the matrix of rmi, with real containers', { skip }, async (t) => {
  await using matrix = await Matrix.open();
  for (const [title, { by, names, user, force, expected }] of CELLS) {
    await t.test(title, async () => {
      const id = await matrix.image(names);
      const short = encoded(id).slice(0, 12);
      const container = await matrix.user(user, id);
      const what = by === 'id' ? short : (names[0] ?? '');
      try {
        const ran = matrix.house.stave(['rmi', ...(force ? ['-f'] : []), what]);
        const c12 = container?.slice(0, 12) ?? '';
        assert.deepEqual(outcome(ran, id), texts(expected, names, short, c12));
        const images = await matrix.engine.images.list();
        const left = images.find((image) => image.id === id);
        const isKept = !expected.includes('x');
        assert.equal(left !== undefined, isKept);
        const untagged = expected.split('-').length - 1;
        const kept = isKept ? names.slice(untagged) : [];
        assert.deepEqual([...(left?.tags ?? []), ...(left?.digests ?? [])], kept);
        const [shown] = await matrix.engine.containers.list({ all: true });
        // It was run by its ID, which goes on meaning the image as long as that is there.
        if (container) assert.equal(shown?.image, isKept ? encoded(id) : id);
      } finally {
        if (container) await matrix.engine.containers.remove(container, { force: true });
        for (const image of await matrix.engine.images.list()) {
          await matrix.engine.images.remove(image.id, { force: true });
        }
      }
    });
  }
  assert.match(matrix.house.must(['fsck']), /: clean\n$/);
});

/** Exit code, lines of stdout without those of layers, and the message. */
function outcome({ code, stdout, stderr }: Ran, id: Digest): unknown {
  const lines = stdout
    .split('\n')
    .filter((line) => !line.startsWith('Deleted:') || line.endsWith(id));
  return { code, stdout: lines.join('\n').replace(id, 'ID'), stderr: stderr.split('\n')[0] };
}

function texts(
  expected: string,
  names: readonly string[],
  image: string,
  container: string,
): unknown {
  const conflicts: Readonly<Record<string, string>> = {
    name: `unable to remove repository reference "${names[0]}" (must force) - container ${container} is using its referenced image ${image}`,
    names: `unable to delete ${image} (must be forced) - image is referenced in multiple repositories`,
    stopped: `unable to delete ${image} (must be forced) - image is being used by stopped container ${container}`,
    running: `unable to delete ${image} (cannot be forced) - image is being used by running container ${container}`,
  };
  const conflict = conflicts[expected];
  if (conflict) return { code: 1, stdout: '', stderr: `Error: conflict: ${conflict}` };
  const lines = expected
    .split(' ')
    .map((sign, at) => (sign === 'x' ? 'Deleted: ID' : `Untagged: ${names[at]}`));
  return { code: 0, stdout: `${lines.join('\n')}\n`, stderr: '' };
}

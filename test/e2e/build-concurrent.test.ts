import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { House, skip } from './house.ts';

const exitCode = async (house: House, args: readonly string[]): Promise<number> => {
  const [code] = (await once(house.start(args), 'exit')) as [number | null];
  return code ?? 128;
};

test('four builds share one store, two of them the same one', { skip }, async () => {
  using house = new House();
  house.base();
  const contexts = ['a', 'b', 'c'].map((name) =>
    house.context({
      Dockerfile: `FROM base AS shared
RUN echo shared > /shared
FROM base
COPY --from=shared /shared /shared
COPY name /name
RUN cat /shared /name > /both
CMD ["cat", "/both"]
`,
      name,
    }),
  );
  const jobs = [...contexts, contexts[0] ?? ''].map((context, i) =>
    exitCode(house, ['build', '--network', 'none', '-t', `image-${i}`, context]),
  );
  // Readers and the collector go on meanwhile.
  const others = [['images'], ['image', 'prune', '-f'], ['fsck']].map((args) =>
    exitCode(house, args),
  );
  assert.deepEqual(await Promise.all(jobs), [0, 0, 0, 0]);
  assert.deepEqual(await Promise.all(others), [0, 0, 0]);

  for (const [i, name] of ['a', 'b', 'c', 'a'].entries()) {
    const said = house.must(['run', '--rm', '--network', 'none', `image-${i}`]);
    assert.equal(said, `shared\n${name}`);
  }
  house.must(['fsck']);
  assert.deepEqual(house.litter(), []);
});

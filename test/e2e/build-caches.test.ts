import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { House, skip } from './house.ts';

const DOCKERFILE = `FROM base AS tools
COPY a /a
RUN --mount=type=cache,target=/c,id=tool echo warm > /c/state; cat /a > /made
FROM base
ARG N
COPY --from=tools /made /made
RUN --mount=type=cache,target=/c,id=tool echo "$N: $(cat /c/state)" > /said
`;

test('a fresh machine runs nothing that another one has done, and has its caches', { skip }, () => {
  using first = new House();
  using second = new House();
  const cache = join(first.directory, 'cache');
  const context = (house: House): string => house.context({ Dockerfile: DOCKERFILE, a: 'a' });
  const build = (house: House, n: string, ...flags: string[]): string => {
    const args = ['--progress=plain', '--network=none', '--build-arg', `N=${n}`, '-t', 'made'];
    const ran = house.stave(['build', ...args, ...flags, context(house)]);
    assert.equal(ran.code, 0, ran.stderr);
    return ran.stderr;
  };
  first.base();
  // Imported a second time it would be another image: its date is part of it.
  const archive = join(first.directory, 'base-image.tar');
  first.must(['save', '-o', archive, 'base']);
  second.must(['load', '-i', archive]);
  build(first, '1', '--cache-to', `type=local,dest=${cache},mode=max,mounts=all`);
  const from = ['--cache-from', `type=local,src=${cache}`];

  const same = build(second, '1', ...from);
  assert.equal(same.match(/ CACHED$/gm)?.length, 6, same);
  assert.doesNotMatch(same, /runs:/);
  const id = (house: House): string => house.must(['images', '-q', '--no-trunc', 'made']);
  assert.equal(id(second), id(first));

  const other = build(second, '2', ...from);
  assert.match(other, /restoring cache mount tool/);
  assert.equal(second.must(['run', '--rm', '--network=none', 'made', 'cat', '/said']), '2: warm\n');

  assert.match(second.must(['buildx', 'du']), /^Reclaimable:\t\S+\nTotal:\t\t\S+$/m);
  second.must(['builder', 'prune', '-af']);
  assert.deepEqual(second.litter(), []);
  assert.match(second.must(['system', 'df']), /^Build Cache +0 +0 +0B +0B$/m);
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { House, skip, treeOf } from './house.ts';

/** How many builds are killed; `npm run soak` asks for more. */
const kills = Number(process.env['STAVE_KILLS'] ?? 8);

const DOCKERFILE = `FROM base AS one
COPY files/ /files/
RUN cat /files/* | md5sum > /one && sleep 0.1
FROM base AS two
RUN seq 2000 > /two && mkdir -p /d && for i in $(seq 200); do echo $i > /d/$i; done
FROM base
COPY --from=one /one /files/7 /from/
COPY --from=two /two /d /from/
RUN test "$(wc -l < /from/two)" = 2000 && echo whole > /stamp
CMD ["cat", "/stamp"]
`;

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

test(`a store survives ${kills} builds killed at any moment`, { skip }, async () => {
  using house = new House();
  house.base();
  const files = Object.fromEntries(
    Array.from({ length: 200 }, (_, i) => [`files/${i}`, `file ${i}\n`.repeat(40)]),
  );
  const context = house.context({ ...files, Dockerfile: DOCKERFILE });
  const build = ['build', '-q', '--no-cache', '--network', 'none', '-t', 'victim', context];
  const began = performance.now();
  house.must(build);
  const usual = performance.now() - began;
  house.must(['tag', 'victim', 'untouched']);

  let killed = 0;
  for (let i = 0; i < kills; i++) {
    const child = house.start(build);
    const ended = once(child, 'exit');
    await Promise.race([ended, sleep((usual * 1.15 * (i + Math.random())) / kills)]);
    if (child.exitCode === null) killed += 1;
    // Twice: the first look may miss what is being forked.
    for (const pid of treeOf(child.pid ?? 0)) kill(pid);
    for (const pid of treeOf(child.pid ?? 0)) kill(pid);
    await ended;

    const at = `kill ${i + 1} of ${kills}`;
    const check = house.stave(['fsck']);
    assert.equal(check.code, 0, `${at}: fsck: ${check.stdout}${check.stderr}`);
    assert.deepEqual(house.holders(), [], `${at}: processes or mounts are left`);
    assert.equal(house.must(['run', '--rm', '--network', 'none', 'untouched']), 'whole\n', at);
    assert.equal(house.must(['run', '--rm', '--network', 'none', 'victim']), 'whole\n', at);
  }
  assert.ok(killed > 0, 'no build was killed before its end');

  house.must(build);
  assert.equal(house.must(['run', '--rm', '--network', 'none', 'victim']), 'whole\n');
  assert.deepEqual(house.litter(), []);
});

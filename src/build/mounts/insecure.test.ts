import assert from 'node:assert/strict';
import { lstatSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { cannotRun as skip } from '../../../test/support/busybox-root.ts';
import { runBench } from '../../../test/support/run-bench.ts';
import { overlaySnapshotter } from '../../snapshot/overlay.ts';
import type { CheckOptions } from '../../store/store.ts';

/** Makes a mount writable, writes to it, and removes what it can. */
const attack = (target: string, file: string): string =>
  `mount -o remount,rw,bind ${target} || mount -o remount,rw ${target}; echo changed > ${file}; rm -rf ${target}/*; cat ${file}; true`;

for (const [what, mount, file] of [
  ['a directory of the context', 'source=dir,target=/m', '/m/f'],
  ['the whole context', 'target=/m', '/m/dir/f'],
  ['a file of the context', 'source=dir/f,target=/m', '/m'],
  ['a directory of a stage', 'from=other,source=/dir,target=/m', '/m/f'],
  ['a whole stage', 'from=other,target=/m', '/m/dir/f'],
  ['a file of a stage', 'from=other,source=/dir/f,target=/m', '/m'],
] as const) {
  test(`RUN --security=insecure cannot write to ${what} that is mounted`, { skip }, async (t) => {
    const { build, write, path, store } = await runBench(t);
    write('dir/f', 'kept');
    const before = lstatSync(path('dir/f'));
    const { log, added } = await build(
      `FROM base AS other
COPY dir/f /dir/f
FROM base
RUN --security=insecure --mount=${mount} busybox cat ${file}; ${attack('/m', file)}
`,
      { allow: ['security.insecure'] },
    );
    assert.match(log, /^kept/);
    assert.deepEqual(added, []);
    assert.equal(readFileSync(path('dir/f'), 'utf8'), 'kept');
    assert.deepEqual(lstatSync(path('dir/f')).mtimeMs, before.mtimeMs);
    const layers = overlaySnapshotter(store);
    const verifyLayer: CheckOptions['verifyLayer'] = (id, call) => layers.verify(id, call);
    const { problems } = await store.check({ verifyLayer });
    assert.deepEqual(
      problems.filter(({ kind }) => kind === 'layer'),
      [],
    );
  });
}

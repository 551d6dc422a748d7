import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ProgressEvent } from '../../base/progress.ts';
import { bench, root } from '../testing/bench.ts';
import { localCache, localCacheTarget } from './local-cache.ts';
import type { BuildCaches } from './session.ts';

const DOCKERFILE = 'FROM scratch\nCOPY a /a\nARG V=1\nARG W=1\nRUN make\nRUN finish\n';
const idle = (): Promise<void> => Promise.resolve();

function reasons(events: readonly ProgressEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === 'note' && event.reason ? [event.reason.text] : [],
  );
}

test(
  'a step is compared with what another machine built, values of arguments untold',
  root,
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'cache-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const to: BuildCaches = {
      from: [],
      inline: false,
      to: [
        {
          label: directory,
          form: {
            mode: 'max',
            layers: { compression: 'gzip' },
            family: 'oci',
            imageManifest: true,
          },
          ignoreError: false,
          open: () => Promise.resolve(localCacheTarget(directory, { tag: 'latest', reset: false })),
        },
      ],
    };
    const from = (): BuildCaches => ({
      from: [
        { label: directory, open: () => Promise.resolve(localCache(directory, { tag: 'latest' })) },
      ],
      inline: false,
      to: [],
    });
    const there = bench(t);
    there.write('a', '1');
    await there.build(DOCKERFILE, { caches: to }, idle);

    for (const [dockerfile, args, expected] of [
      [DOCKERFILE.replace('RUN make', 'RUN make all'), {}, 'RUN make → RUN make all'],
      [DOCKERFILE.replace('ARG W=1', 'ARG X=1'), {}, 'ARG X added, ARG W removed'],
      [DOCKERFILE, { V: '2' }, 'ARG changed: V, W, whose values on the other machine are not told'],
    ] as const) {
      const here = bench(t);
      here.write('a', '1');
      const input = { caches: from(), args: new Map(Object.entries(args)) };
      const { events } = await here.build(dockerfile, input, idle);
      assert.equal(reasons(events)[0], expected);
    }
    const here = bench(t);
    here.write('a', '2');
    const { events } = await here.build(DOCKERFILE, { caches: from() }, idle);
    assert.deepEqual(reasons(events), [
      'file a changed',
      '[1/3] COPY a /a before it ran again',
      '[1/3] COPY a /a before it ran again',
    ]);
  },
);

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { StepReason } from '../../base/progress.ts';
import { bench, image, root, type Meanwhile } from '../testing/bench.ts';
import type { Subject } from '../testing/edit.ts';
import { FILE_EDITS } from '../testing/file-edits.ts';
import { STEP_EDITS } from '../testing/step-edits.ts';

const EDITS = [...FILE_EDITS, ...STEP_EDITS];

/** The Dockerfile that the edits are made to. */
const DOCKERFILE = `ARG BASE=base
FROM \${BASE} AS build
ARG V=1
ARG W=1
ENV MODE=fast
WORKDIR /src
COPY package.json lock.json ./
RUN install
COPY src/ src/
COPY --chown=1:1 bin/run /usr/bin/run
ARG LATE=1
RUN make all
RUN --mount=type=cache,target=/cache --mount=type=bind,source=config,target=/config configure
FROM slim AS final
ARG DIR=docs
USER 1000
COPY --from=build /out/app /app
COPY *.md /\${DIR}/
ADD --link data.bin /data/
COPY --exclude=*.log logs/ /logs/
COPY <<EOF /etc/conf
level 1
EOF
RUN --network=none check this
RUN finish
`;

function subject(t: TestContext): Subject {
  const house = bench(t);
  for (const [path, text] of Object.entries({
    'package.json': '{}',
    'lock.json': '1',
    'src/a.ts': 'a',
    'src/deep/b.ts': 'b',
    'bin/run': 'run',
    'readme.md': 'r',
    'more.md': 'm',
    'data.bin': 'd',
    'logs/x.txt': 'x',
    'logs/y.log': 'y',
    'config/a.ini': 'a',
    'config/b.ini': 'b',
  })) {
    house.write(path, text);
    chmodSync(house.path(path), 0o644);
  }
  symlinkSync('a.ts', house.path('src/link'));
  return {
    bench: house,
    dockerfile: DOCKERFILE,
    input: {},
    bases: { base: image('base', '1'), other: image('other', '1'), slim: image('slim', '1') },
    output: 'app',
  };
}

/** The steps that ran, in order, with their reasons. */
async function build(of: Subject): Promise<{ step: string; reason: StepReason }[]> {
  const run: Meanwhile = (_store, upper, { argv }) => {
    if (argv.at(-1)?.startsWith('make') === true) {
      mkdirSync(join(upper, 'out'));
      writeFileSync(join(upper, 'out/app'), of.output);
    }
    return Promise.resolve();
  };
  const { events } = await of.bench.build(of.dockerfile, of.input, run, of.bases);
  const titles = new Map<number, string>();
  return events.flatMap((event) => {
    if (event.type === 'begin') titles.set(event.id, event.title);
    if (event.type !== 'note' || !event.reason || event.reason.kind === 'cached') return [];
    return [{ step: titles.get(event.id) ?? '', reason: event.reason }];
  });
}

test('the catalogue has at least forty edits', () => assert.ok(EDITS.length >= 40));

for (const { what, edit, step, says, also } of EDITS) {
  test(
    `a build that runs again because of ${what} says that, and nothing else`,
    root,
    async (t) => {
      const of = subject(t);
      await build(of);
      assert.deepEqual(await build(of), [], 'an unchanged build runs nothing');
      edit(of);
      const [first, ...rest] = await build(of);
      assert.ok(first, 'something has to run');
      assert.ok(first.step.includes(`] ${step}`), first.step);
      if (typeof says === 'string') assert.equal(first.reason.text, says);
      else assert.match(first.reason.text, says);
      for (const { step: later, reason } of rest) {
        const points = reason.kind === 'before' && reason.text.endsWith('before it ran again');
        assert.ok(points || also?.test(reason.text) === true, `${later}: ${reason.text}`);
      }
      if (what === 'an ARG') {
        assert.ok(!JSON.stringify([first, ...rest]).includes('secret-value'));
      }
    },
  );
}

test('the first build says that it is the first', root, async (t) => {
  const reasons = await build(subject(t));
  assert.ok(reasons.length > 0);
  for (const { reason } of reasons) assert.equal(reason.kind, 'first');
});

test(
  'a copy of a Dockerfile in another place is compared with the one built before',
  root,
  async (t) => {
    const of = subject(t);
    await build(of);
    of.bench.write('elsewhere/Dockerfile', DOCKERFILE.replace('make all', 'make most'));
    of.input = { dockerfile: { path: of.bench.path('elsewhere/Dockerfile') } };
    const [first] = await build(of);
    assert.equal(first?.reason.text, 'RUN make all → RUN make most');
    rmSync(of.bench.path('elsewhere'), { recursive: true });
  },
);

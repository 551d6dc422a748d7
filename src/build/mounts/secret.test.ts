import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { cannotRun as skip } from '../../../test/support/busybox-root.ts';
import { runBench } from '../../../test/support/run-bench.ts';

const VALUE = 'correct-horse-battery';
const secrets = { s: Buffer.from(VALUE), t: Buffer.from('two\n') };

test(
  'a secret is a file for its step alone, with the mode and owner asked for',
  { skip },
  async (t) => {
    const { build } = await runBench(t);
    const { log, added } = await build(
      `FROM base
RUN --mount=type=secret,id=s stat -c '%a %u %g' /run/secrets/s; wc -c < /run/secrets/s
RUN --mount=type=secret,id=s,target=/x/y,mode=0444,uid=5,gid=6 stat -c '%a %u %g' /x/y; echo x > /x/y; true
WORKDIR /w
RUN --mount=type=secret,target=deep/s test -s /w/deep/s && touch /w/made
USER app
RUN --mount=type=secret,id=s cat /run/secrets/s; true
RUN test ! -e /run/secrets && test ! -e /x && test ! -e /w/deep`,
      { secrets },
    );
    assert.match(
      log,
      /^400 0 0\n21\n444 5 6\n.*Read-only file system\n.*\/run\/secrets\/s.*Permission denied\n$/s,
    );
    assert.deepEqual(added, []);
  },
);

test('a secret is a variable, a file, or both', { skip }, async (t) => {
  const { build } = await runBench(t);
  const { log } = await build(
    `FROM base
ARG WHO=s
RUN --mount=type=secret,id=$WHO,env=TOKEN test "\${TOKEN%-battery}" = correct-horse && test ! -e /run/secrets/s && echo one
RUN --mount=type=secret,id=t,env=T,target=/t test "$T" = "$(cat /t)" && cat /t
RUN env | grep -c TOKEN; true`,
    { secrets: { ...secrets, t: Buffer.from('two') } },
  );
  assert.equal(log, 'one\ntwo0\n');
});

test(
  'a secret that is not given is absent, or refused where it is required',
  { skip },
  async (t) => {
    const { build } = await runBench(t);
    const { log } = await build(
      'FROM base\nRUN --mount=type=secret,id=no,env=NO test ! -e /run/secrets/no && echo "${NO-unset}"',
    );
    assert.equal(log, 'unset\n');
    for (const flags of ['required', 'required=true,env=X']) {
      await assert.rejects(
        build(`FROM base\nRUN --mount=type=secret,id=no,${flags} true`),
        (error: Error & { hint?: string; detail?: string }) =>
          /secret no: not found/.test(error.message) &&
          /--secret id=no/.test(error.hint ?? '') &&
          /   2 \| >>> RUN --mount/.test(error.detail ?? ''),
      );
    }
  },
);

test('a secret leaves no trace in the store, and its value is in no key', { skip }, async (t) => {
  const { build, root, write } = await runBench(t);
  write('f', '1');
  const dockerfile = `FROM base
COPY f /f
RUN --mount=type=secret,id=s,env=TOKEN --mount=type=secret,id=s,target=/k/s \
 grep -q ${VALUE.slice(0, 7)} /k/s && test -n "$TOKEN" && touch /done`;
  const first = await build(dockerfile, { secrets, tags: ['with-secret'] });
  assert.equal(first.log, '');
  const second = await build(dockerfile, { secrets: { s: Buffer.from('other') } });
  assert.equal(second.cached, 2, 'COPY and RUN');
  write('f', '2');
  await assert.rejects(build(`${dockerfile} && false`, { secrets }), /exit code: 1/);
  assert.equal(traces(root, VALUE), '');
});

test('a secret leaves no trace when its step is killed', { skip }, async (t) => {
  const { build, root } = await runBench(t);
  const stop = new AbortController();
  const building = build(
    'FROM base\nRUN --mount=type=secret,id=s,env=TOKEN --mount=type=secret,id=s sleep 30',
    { secrets },
    stop.signal,
  );
  setTimeout(() => stop.abort(new Error('stop')), 1000).unref();
  await assert.rejects(building);
  assert.equal(traces(root, VALUE), '');
});

/** Files below a directory that have a text in them. */
function traces(root: string, text: string): string {
  try {
    return execFileSync('/bin/grep', ['-rl', text, root], { encoding: 'utf8' });
  } catch (error) {
    // Nothing found.
    if ((error as { status?: number }).status === 1) return '';
    throw error;
  }
}

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { bench, root, type Bench } from '../testing/bench.ts';

const STAGES = `FROM scratch AS other
COPY passwd-other /etc/passwd
COPY group-other /etc/group
COPY file /file
FROM scratch AS named
COPY passwd /etc/passwd
COPY group /etc/group
`;

function files(t: TestContext): Bench {
  const made = bench(t);
  made.write('file', '');
  made.write('passwd', 'root:x:0:0::/:\napp:x:1000:1001::/:\n');
  made.write('group', 'root:x:0:\nstaff:x:50:\n');
  made.write('passwd-other', 'other:x:7:7::/:\n');
  made.write('group-other', 'others:x:8:\n');
  return made;
}

for (const [chown, owner] of [
  ['app', '1000:1001'],
  ['app:staff', '1000:50'],
  ['5', '5:5'],
  ['5:staff', '5:50'],
  ['app:9', '1000:9'],
  [':staff', '0:50'],
  ['4294967294:0', '4294967294:0'],
  ['root:root', '0:0'],
] as const) {
  test(`--chown=${chown} is ${owner}, for parents too`, root, async (t) => {
    const { build, listing } = files(t);
    const { config } = await build(`${STAGES}COPY --chown=${chown} file /new/file`);
    assert.deepEqual(listing(config), [
      `0755 ${owner} directory new`,
      `0644 ${owner} file new/file`,
    ]);
  });
}

for (const [instruction, message, hint] of [
  ['COPY --chown=ap file /', /--chown=ap: unable to find user ap/, /Did you mean app\?/],
  ['COPY --chown=nobody file /', /unable to find user nobody/, /in a RUN before it, or give/],
  ['COPY --chown=app:wheel file /', /unable to find group wheel/, /Make wheel in a RUN/],
  ['COPY --chown=1:wheel file /', /unable to find group wheel/, /Make wheel in a RUN/],
  ['ADD --chown=nobody file /', /unable to find user nobody/, /or give its number/],
  ['COPY --from=other --chown=other file /', /unable to find user other/, /Make other/],
  ['COPY --chown=nobody <<EOF /here\n1\nEOF', /unable to find user nobody/, /Make nobody/],
  ['COPY --link --chown=app file /', /unable to find user app/, /has no \/etc\/passwd/],
  ['COPY --chown=4294967295 file /', /4294967295/, /between 0 and 4294967294/],
  [
    'FROM scratch\nCOPY --chown=app file /',
    /unable to find user app/,
    /no \/etc\/passwd: give numb/,
  ],
] as const) {
  test(
    `${instruction.replaceAll('\n', ' ')} fails: the image knows no such name`,
    root,
    async (t) => {
      const { build } = files(t);
      await assert.rejects(
        build(`${STAGES}${instruction}\n`),
        (error: Error & { hint: string }) => {
          assert.match(error.message, message);
          assert.match(error.hint, hint);
          return true;
        },
      );
    },
  );
}

test('--chown=root and USER root need no passwd file', root, async (t) => {
  const { build, listing } = files(t);
  const { config } = await build(
    'FROM scratch\nUSER root:root\nWORKDIR /w\nCOPY --chown=root:root file /f\n',
  );
  assert.deepEqual(listing(config), ['0644 0:0 file f']);
});

for (const [user, owner] of [
  ['1000', '1000:1000'],
  ['app', '1000:1001'],
  ['nobody', '0:0'],
] as const) {
  test(`WORKDIR as USER ${user} belongs to ${owner}`, root, async (t) => {
    const { build, listing } = files(t);
    const { config } = await build(`${STAGES}USER ${user}\nWORKDIR /w\n`);
    assert.deepEqual(listing(config).slice(-1), [`0755 ${owner} directory w`]);
  });
}

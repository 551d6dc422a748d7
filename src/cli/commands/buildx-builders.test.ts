import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPlatform, hostPlatform } from '../../oci/platform.ts';
import { runCli } from '../testing/run-cli.ts';

const NOTICE = "Notice: there is one builder, 'default', built in: every build uses it.\n";

for (const [line, stdout, stderr, code] of [
  ['create --use --name ci --driver docker-container', 'ci\n', NOTICE, 0],
  ['create', 'default\n', NOTICE, 0],
  ['use default', '', '', 0],
  ['use ci', '', NOTICE, 0],
  ['stop', '', '', 0],
  ['rm ci', 'ci removed\n', '', 0],
  [
    'rm default',
    '',
    "Error: builder 'default' is built in and cannot be removed\nHint: 'stave builder prune' empties its cache.\n",
    1,
  ],
  [
    'inspect ci',
    '',
    'Error: no builder "ci" found\nHint: There is one, built in: \'default\'.\n',
    1,
  ],
  ['version', 'stave/buildx 1.2.3\n', '', 0],
] as const) {
  test(`buildx ${line} goes on, for scripts`, async () => {
    assert.deepEqual(await runCli(['buildx', ...line.split(' ')]), { stdout, stderr, code });
  });
}

test('buildx ls and inspect show the one builder', async () => {
  const platform = formatPlatform(hostPlatform(process.arch));
  const { stdout: rows } = await runCli(['buildx', 'ls']);
  assert.equal(
    rows.replaceAll(/ +$/gm, ''),
    `NAME/NODE     DRIVER/ENDPOINT   STATUS    BUILDKIT   PLATFORMS
default*      stave
 \\_ default    \\_ default       running   1.2.3      ${platform}
`,
  );
  const { stdout } = await runCli(['buildx', 'inspect', '--bootstrap']);
  assert.match(stdout, /^Name: {3}default\nDriver: stave\n\nNodes:\n/);
});

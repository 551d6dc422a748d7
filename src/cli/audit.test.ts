import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditFinding } from '../engine/audit-types.ts';
import type { DiffId } from '../oci/digest.ts';
import { writeAudit } from './audit.ts';
import { fakeEngine } from './testing/fake-engine.ts';
import { runCli } from './testing/run-cli.ts';
import type { Output } from './output.ts';

const FILE: AuditFinding = {
  rule: 'NpmToken',
  description: 'an npm token',
  place: 'file',
  where: '/root/a\nb',
  value: 'npm_***',
  line: 3,
  layer: { diffId: 'sha256:1' as DiffId, position: 2, createdBy: 'RUN x', hiddenBy: 4 },
};

async function shown(
  findings: readonly AuditFinding[],
  format = 'table',
): Promise<[number, string]> {
  let text = '';
  const output = {
    write: (more: string) => (text += more),
    line: (more: string) => (text += `${more}\n`),
  } as unknown as Output;
  const report = { findings, layers: 1, truncated: false };
  const context = { stdout: output, stderr: output };
  return [await writeAudit(context, 'app', report, { format, truncate: true }), text];
}

test('writeAudit() says that nothing was found, and ends well', async () => {
  assert.deepEqual(await shown([]), [0, 'No credentials found in app (1 layer read).\n']);
  assert.deepEqual(await shown([], 'json'), [0, '']);
});

test('writeAudit() tells where each finding is and what hides it, and ends with 1', async () => {
  const [code, text] = await shown([FILE]);
  assert.equal(code, 1);
  assert.match(
    text,
    /^WHERE +RULE +VALUE +STEP\n\/root\/a b:3 +NpmToken +npm_\*\*\* +layer 2, hidden by layer 4: RUN x\n$/,
  );
});

test('writeAudit() gives an object a line', async () => {
  const [, text] = await shown([FILE], 'json');
  assert.deepEqual(JSON.parse(text).HiddenBy, 4);
});

test('history refuses --quiet with --audit', async () => {
  const { stderr, code } = await runCli(['history', '--audit', '-q', 'x'], {
    engine: fakeEngine().engine,
  });
  assert.match(stderr, /^Error: --quiet is not supported with --audit\n/);
  assert.equal(code, 125);
});

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { putImage } from '../../../test/support/busybox-image.ts';
import { bench, root } from '../../build/testing/bench.ts';
import { overlaySnapshotter } from '../../snapshot/overlay.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import { removeImage } from '../images/remove.ts';
import { auditImage } from './audit.ts';

const TOKEN = ['ghp', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'].join('_');

test(
  'auditImage() finds files in every layer, and says which later layer hides them',
  root,
  async (t) => {
    const house = bench(t);
    const { store } = house;
    let step = 0;
    const run = (_: unknown, upper: string): Promise<void> => {
      step += 1;
      if (step === 1) {
        mkdirSync(join(upper, 'root/.aws'), { recursive: true });
        writeFileSync(
          join(upper, 'root/.aws/credentials'),
          'aws_secret_access_key = abcdefghijklmnop1234',
        );
        writeFileSync(join(upper, 'notes'), `\n\n${TOKEN}\n`);
        writeFileSync(join(upper, 'stays'), TOKEN);
      } else {
        // As overlayfs writes a replaced file, and a directory that was emptied.
        writeFileSync(join(upper, 'notes'), '');
      }
      return Promise.resolve();
    };
    const { id } = await house.build(
      'FROM scratch\nENV A_TOKEN=abcdef-123456\nRUN one\nRUN two\n',
      {},
      run,
    );
    const snapshotter = overlaySnapshotter(store);
    const { findings, layers, truncated } = await auditImage(id, { store, snapshotter }, {});
    assert.deepEqual([layers, truncated], [2, false]);
    assert.deepEqual(
      findings.map(({ rule, where, line, layer }) => [
        rule,
        where,
        line,
        layer?.position,
        layer?.origin?.line,
        layer?.hiddenBy,
      ]),
      [
        ['CredentialInEnv', 'A_TOKEN', undefined, undefined, undefined, undefined],
        ['GitHubToken', '/notes', 3, 1, 3, 2],
        ['AwsSecretKey', '/root/.aws/credentials', 1, 1, 3, undefined],
        ['GitHubToken', '/stays', 1, 1, 3, undefined],
      ],
    );
    assert.doesNotMatch(JSON.stringify(findings), /a1B2c3|abcdefgh|123456/);
  },
);

test('auditImage() finds nothing in a clean image', root, async (t) => {
  const { store, path } = bench(t);
  mkdirSync(path('fs/etc'), { recursive: true });
  writeFileSync(path('fs/etc/passwd'), 'root:x:0:0::/:/bin/sh\n');
  writeFileSync(path('fs/etc/shadow'), 'root:*:19000:0:99999:7:::\n');
  await putImage(store, 'clean:latest', path('fs'), { Env: ['PATH=/bin'] });
  rmSync(path('fs'), { recursive: true });
  const snapshotter = overlaySnapshotter(store);
  const found = await auditImage('clean', { store, snapshotter }, {});
  assert.deepEqual(found, { findings: [], layers: 1, truncated: false });
});

test('auditImage() reads to the end of an image that is removed meanwhile', root, async (t) => {
  const { store, path } = bench(t);
  mkdirSync(path('fs'), { recursive: true });
  writeFileSync(path('fs/notes'), TOKEN);
  await putImage(store, 'gone:latest', path('fs'), {});
  rmSync(path('fs'), { recursive: true });
  const real = overlaySnapshotter(store);
  const snapshotter: Snapshotter = {
    ...real,
    async walk(...call) {
      await removeImage(store, 'gone');
      await real.walk(...call);
    },
  };
  const { findings } = await auditImage('gone', { store, snapshotter }, {});
  assert.deepEqual(
    findings.map(({ where }) => where),
    ['/notes'],
  );
});

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { UsageError } from '../../base/errors.ts';
import { awsSettings } from './aws-settings.ts';

test('awsSettings() takes variables first, then the profile that is named', (t) => {
  const home = mkdtempSync(join(tmpdir(), 'stave-aws-'));
  t.after(() => rmSync(home, { recursive: true }));
  assert.throws(() => awsSettings({ env: { HOME: home } }), UsageError);
  mkdirSync(join(home, '.aws'));
  writeFileSync(
    join(home, '.aws/credentials'),
    '[default]\naws_access_key_id = one\naws_secret_access_key = two\n[team]\n' +
      'aws_access_key_id=three\naws_secret_access_key=four=\naws_session_token = five\n',
  );
  writeFileSync(
    join(home, '.aws/config'),
    '# ours\n[default]\nregion = here\n[profile team]\nregion = there\nendpoint_url = http://s3\n',
  );
  const settings = (env: Record<string, string>) => awsSettings({ env: { HOME: home, ...env } });
  assert.deepEqual(settings({}), {
    credentials: { accessKeyId: 'one', secretAccessKey: 'two' },
    region: 'here',
    endpoint: undefined,
  });
  assert.deepEqual(settings({ AWS_PROFILE: 'team' }), {
    credentials: { accessKeyId: 'three', secretAccessKey: 'four=', sessionToken: 'five' },
    region: 'there',
    endpoint: 'http://s3',
  });
  assert.deepEqual(
    settings({ AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'far' }),
    {
      credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
      region: 'far',
      endpoint: undefined,
    },
  );
});

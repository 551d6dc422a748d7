import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packageActions } from './packages.ts';

test('packageActions() reads installs of names, alone or together', () => {
  assert.deepEqual(packageActions('apt-get update && apt-get install -y nginx vim'), [
    { manager: 'apt-get', kind: 'update', flags: [], packages: [] },
    { manager: 'apt-get', kind: 'install', flags: [], packages: ['nginx', 'vim'] },
  ]);
  assert.deepEqual(packageActions('apk add --no-cache curl'), [
    { manager: 'apk', kind: 'install', flags: [], packages: ['curl'] },
  ]);
  assert.deepEqual(packageActions('python3 -m pip install requests==2.0 '), [
    { manager: 'pip', kind: 'install', flags: [], packages: ['requests==2.0'] },
  ]);
});

test('packageActions() leaves alone what is more than that', () => {
  for (const text of [
    'apt-get install ./a.deb',
    'apt-get install -y nginx | tee log',
    'apt-get install $NAME',
    'apt-get remove nginx',
    'pip install -r requirements.txt',
    'npm install',
    'apk add -t build gcc',
    'apt-get install -y nginx; touch /a',
    'apt-get install -y nginx &',
  ]) {
    assert.equal(packageActions(text), undefined, text);
  }
});

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { exec } from './house.ts';
import { inTerminal, RootlessHouse, skipRootless as skip } from './rootless-house.ts';

let house: RootlessHouse;
before(() => {
  if (skip !== false) return;
  house = new RootlessHouse({ subordinate: true });
  house.base();
});
after(() => {
  if (skip === false) house[Symbol.dispose]();
});

test('a user who is not root runs, leaves, commits and runs again', { skip }, async () => {
  const { text, code } = await inTerminal(
    house.command(['run', '-it', '--network', 'none', '--name', 'walk', 'base', 'sh']),
    [
      [/[#$] /, 'stty size; echo page >/index; rm /etc/group; chown 1000:5 /index; echo do""ne\r'],
      [/done[^]*[#$] /, '\x10\x11'],
    ],
  );
  assert.equal(code, 0, text);
  assert.match(text, /33 101/);
  assert.match(house.must(['ps', '--format', '{{.Names}} {{.Status}}']), /^walk Up /m);
  assert.equal(house.must(['exec', 'walk', 'stat', '-c', '%u:%g', '/index']), '1000:5\n');
  assert.equal(house.must(['diff', 'walk']), 'C /etc\nD /etc/group\nA /index\n');

  house.must([
    'commit',
    '-m',
    'a page',
    '-c',
    'CMD ["cat","/index"]',
    '-c',
    'USER 1000',
    'walk',
    'mine',
  ]);
  assert.equal(house.must(['run', '--rm', '--network', 'none', 'mine']), 'page\n');
  const seen = ['stat', '-c', '%u:%g', '/index'];
  assert.equal(house.must(['run', '--rm', '--network', 'none', 'mine', ...seen]), '1000:5\n');
  assert.equal(house.must(['run', '--rm', '--network', 'none', 'mine', 'id', '-u']), '1000\n');
  assert.equal(
    house.stave(['run', '--rm', '--network', 'none', 'mine', 'cat', '/etc/group']).code,
    1,
  );

  // The shell has shown its prompt before.
  const again = await inTerminal(house.command(['attach', 'walk']), [[/begun/, 'exit 5\r']]);
  assert.equal(again.code, 5, again.text);
  assert.equal(house.must(['wait', 'walk']), '5\n');
  assert.equal(house.must(['rm', 'walk']), 'walk\n');
});

test('its containers outlive the process that keeps the namespace', { skip }, async () => {
  house.must(['run', '-d', '--network', 'none', '--name', 'lasting', 'base', 'sleep', '600']);
  process.kill(house.keeper(), 'SIGKILL');
  assert.match(house.must(['ps', '--format', '{{.Names}}']), /^lasting$/m);
  assert.equal(house.must(['exec', 'lasting', 'echo', 'there']), 'there\n');
  house.must(['stop', '-t', '0', 'lasting']);
  assert.equal(house.must(['rm', 'lasting']), 'lasting\n');
});

test('a port is published without root', { skip }, async () => {
  const serve = 'mkdir /w; echo hello >/w/i; exec httpd -f -p 8000 -h /w';
  house.must(['run', '-d', '--name', 'web', '-p', '127.0.0.1::8000', 'base', 'sh', '-c', serve]);
  const [place = ''] = house.must(['port', 'web', '8000']).split('\n');
  let said = '';
  for (let tries = 0; said === '' && tries < 50; tries++) {
    await pause(100);
    said = exec(['curl', '-s', '-m', '2', `http://${place}/i`]).stdout;
  }
  assert.equal(said, 'hello\n');
  house.must(['rm', '-f', 'web']);
});

test('what root alone can have is refused in a line', { skip }, () => {
  const refusals: readonly (readonly [flags: readonly string[], says: RegExp])[] = [
    [
      ['--network', 'none', '--memory', '64m'],
      /limits for memory, CPU or processes need control groups/,
    ],
    [['--network', 'bridge', '-p', '80:80'], /permission denied/],
    [['--network', 'none', '-u', '70000'], /this user has no ID for user 70000/],
  ];
  for (const [flags, says] of refusals) {
    const ran = house.stave(['run', '--rm', ...flags, 'base', 'true']);
    assert.equal(ran.code, 125, flags.join(' '));
    assert.match(ran.stderr, says);
  }
  assert.equal(house.must(['ps', '-aq']), '');
});

test('without subordinate IDs a user has containers of one user', { skip }, () => {
  using alone = new RootlessHouse({ subordinate: false });
  alone.base();
  const first = alone.stave(['run', '--rm', '--network', 'none', 'base', 'id', '-u']);
  assert.equal(first.stdout, '0\n');
  assert.match(alone.stave(['doctor']).stdout, /FAIL  subuid .*\n +usermod --add-subuids/);
  const other = alone.stave(['run', '--rm', '-u', '1000', '--network', 'none', 'base', 'true']);
  assert.equal(other.code, 125);
  assert.match(other.stderr, /this user has no ID for user 1000/);
});

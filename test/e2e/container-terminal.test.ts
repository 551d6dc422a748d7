import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { House, skip } from './house.ts';
import { inTerminal } from './terminal.ts';

let house: House;
before(() => {
  if (skip !== false) return;
  house = new House();
  house.base();
});
after(() => {
  if (skip !== false) return;
  for (const id of house.must(['ps', '-aq']).split('\n').filter(Boolean)) {
    house.stave(['rm', '-f', id]);
  }
  house[Symbol.dispose]();
});

test('a shell can be left with ctrl-p ctrl-q and found again', { skip }, async () => {
  const first = await inTerminal(
    house,
    ['run', '-it', '--network', 'none', '--name', 'walk', 'base', 'sh'],
    [
      [/[#$] /, 'X=alive; stty size; echo mark-$X\r'],
      [/mark-alive[^]*[#$] /, '\x10\x11'],
    ],
  );
  assert.equal(first.code, 0);
  assert.match(first.text, /33 101/);
  assert.match(house.must(['ps', '--format', '{{.Names}} {{.Status}}']), /^walk Up /m);

  const second = await inTerminal(
    house,
    ['attach', 'walk'],
    [
      // The shell has shown its prompt before.
      [/begun/, 'echo again-$X\r'],
      [/again-alive[^]*[#$] /, 'exit 5\r'],
    ],
  );
  assert.equal(second.code, 5);
  assert.equal(house.must(['wait', 'walk']), '5\n');
  assert.match(house.must(['logs', 'walk']), /mark-alive[^]*again-alive/);
});

test('exec gives a terminal, and the exit code', { skip }, async () => {
  house.must(['run', '-d', '--network', 'none', '--name', 'beside', 'base', 'sleep', '600']);
  const { text, code } = await inTerminal(
    house,
    ['exec', '-it', 'beside', 'sh'],
    [[/[#$] /, 'stty size; exit 7\r']],
  );
  assert.equal(code, 7);
  assert.match(text, /33 101/);
  assert.equal(house.stave(['run', '-it', 'base', 'true']).code, 1);
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { House, skip } from './house.ts';

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

/** Runs a command line in a terminal of its own: each answer is waited for before the next is typed. */
async function inTerminal(
  args: readonly string[],
  steps: readonly (readonly [waitFor: RegExp, type: string])[],
): Promise<{ readonly text: string; readonly code: number }> {
  const line = [
    'stty rows 33 cols 101; echo begun;',
    ...house.command(args),
    '; echo "code:$?"',
  ].join(' ');
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  let from = 0;
  let step = 0;
  for await (const chunk of child.stdout) {
    text += String(chunk);
    const [wanted, typed] = steps[step] ?? [];
    if (!wanted || typed === undefined || !wanted.test(text.slice(from))) continue;
    from = text.length;
    step += 1;
    child.stdin.write(typed);
  }
  assert.equal(step, steps.length, text);
  return { text, code: Number(/code:(\d+)/.exec(text)?.[1]) };
}

test('a shell can be left with ctrl-p ctrl-q and found again', { skip }, async () => {
  const first = await inTerminal(
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
    ['exec', '-it', 'beside', 'sh'],
    [[/[#$] /, 'stty size; exit 7\r']],
  );
  assert.equal(code, 7);
  assert.match(text, /33 101/);
  assert.equal(house.stave(['run', '-it', 'base', 'true']).code, 1);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StaveEvent } from '../../engine/event-types.ts';
import { fakeEngine } from '../testing/fake-engine.ts';
import { runCli } from '../testing/run-cli.ts';

const TAGGED = `sha256:${'47'.repeat(32)}`;
const C1 = '70'.repeat(32);

async function shown(...args: string[]): Promise<string> {
  const { stdout, stderr } = await runCli(['events', ...args], { engine: fakeEngine().engine });
  return stdout + stderr;
}

test('events writes the lines that Docker writes', async () => {
  assert.equal(
    await shown('--since', '1h', '--until', '0s'),
    `2026-11-21T16:57:12.698000000Z image tag ${TAGGED} (a=b, name=base:1, stage=x)\n` +
      `2026-11-21T16:57:13.799000000Z container die ${C1} (execDuration=0, exitCode=3, image=built:1, name=c1)\n` +
      '2026-11-21T16:57:14.942000000Z image prune  (reclaimed=0)\n',
  );
});

test('events shows no label as another event', async () => {
  const { engine } = fakeEngine();
  async function* one(): AsyncGenerator<StaveEvent> {
    const attributes = { l: 'a)\n2026-11-21T00:00:00Z image delete', name: 'x' };
    yield { at: new Date(0), type: 'image', action: 'tag', actor: TAGGED, attributes };
  }
  const system = { ...engine.system, events: one };
  const { stdout } = await runCli(['events', '--until', '0s'], { engine: { ...engine, system } });
  assert.equal(stdout.split('\n').length, 2);
});

test('events --format json has the members of Docker in its order, the empty ones left out', async () => {
  const [first, second] = (await shown('--format', 'json')).split('\n');
  assert.equal(
    first,
    `{"status":"tag","id":"${TAGGED}","Type":"image","Action":"tag","Actor":{"ID":"${TAGGED}",` +
      '"Attributes":{"a":"b","name":"base:1","stage":"x"}},"scope":"local","time":1795280232,"timeNano":1795280232698000000}',
  );
  assert.match(
    second ?? '',
    /^\{"status":"die","id":"70{1}[0-9]+","from":"built:1","Type":"container",/,
  );
});

test('events --format takes a template', async () => {
  assert.equal(
    await shown(
      '--format',
      '{{.Type}} {{.Action}} {{.From}} {{.Time}} {{.TimeNano}} {{.Actor.Attributes.name}}',
    ),
    'image tag  1795280232 1795280232698000000 base:1\n' +
      'container die built:1 1795280233 1795280233799000000 c1\n' +
      'image prune  1795280234 1795280234942000000 <no value>\n',
  );
  assert.match(
    await shown('--format', '{{.}}'),
    /^\{tag sha256:47\w+  image tag \{sha256:47\w+ map\[a:b name:base:1 stage:x\]\} local 1795280232 1795280232698000000\}\n/,
  );
});

for (const [args, code, message] of [
  [
    ['--format', '{{.Nope}}'],
    64,
    /^Error: Error parsing format: template: :1:2: executing "" at <\.Nope>: can't evaluate field Nope in type \*events\.Message/,
  ],
  [
    ['--format', '{{nope}}'],
    64,
    /^Error: Error parsing format: template: :1: function "nope" not defined/,
  ],
  [['--since', 'banana'], 1, /^Error: failed to parse value as time or duration: "banana"/],
  [
    ['--since', '0s', '--until', '5s'],
    1,
    /^Error: `since` time \(\d+\) cannot be after `until` time \(\d+\)/,
  ],
  [['--filter', 'foo=bar'], 1, /^Error: invalid filter 'foo'/],
  [['x'], 1, /^Error: 'stave events' accepts no arguments/],
] as const) {
  test(`events ${args.join(' ')} is refused`, async () => {
    const ran = await runCli(['events', ...args], { engine: fakeEngine().engine });
    assert.equal(ran.code, code);
    assert.match(ran.stderr, message);
  });
}

test('events keeps every event on its line', async () => {
  const { engine } = fakeEngine();
  async function* events(): AsyncGenerator<StaveEvent> {
    const attributes = { a: 'b\n2026-11-21T16:57:12Z image tag \x1b[2J' };
    yield { at: new Date(0), type: 'image', action: 'tag', actor: 'x', attributes };
  }
  const { stdout } = await runCli(['events'], {
    engine: { ...engine, system: { ...engine.system, events } },
  });
  assert.match(stdout, /^1970\S+ image tag x \(a=b 2026\S+ image tag \\x1b\[2J\)\n$/);
});

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { cannotNetwork } from '../support/network-house.ts';
import { House, skip } from './house.ts';
import { inTerminal, resizeTo } from './terminal.ts';

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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

/** Tries until it is true, for half a minute. */
async function until<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  for (let i = 0; i < 150; i++) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    await sleep(200);
  }
  throw new Error(`${what}: not within half a minute`);
}

/** What a page says, once somebody serves it. */
function page(port: number): Promise<string> {
  return until(`port ${port}`, async () => {
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/`, {
        headers: { connection: 'close' },
        signal: AbortSignal.timeout(2_000),
      });
      return await answer.text();
    } catch {
      return undefined;
    }
  });
}

function state(name: string, template: string): string {
  return house.must(['inspect', '-f', template, name]).trim();
}

test(
  'change a container by hand, leave it, freeze it, serve it, and have it come back',
  {
    skip: skip || cannotNetwork() || false,
  },
  async () => {
    const shell = await inTerminal(
      house,
      ['container', 'run', '-ti', '--network', 'none', '--name', 'byhand', 'base', 'sh'],
      [
        [
          /[#$] /,
          'mkdir /www; echo made by hand > /www/index.html; rm /bin/false; echo is-$((1+1))\r',
        ],
        [/is-2[^]*[#$] /, '\x10\x11'],
      ],
    );
    assert.equal(shell.code, 0);

    assert.match(
      house.must(['ps']),
      /^CONTAINER ID   IMAGE     COMMAND .* PORTS     NAMES\n[0-9a-f]{12}   base .* Up .* byhand\n$/,
    );
    assert.match(house.must(['container', 'ls', '-l', '--format', '{{.Names}}']), /^byhand\n$/);
    assert.match(house.must(['diff', 'byhand']), /^D \/bin\/false$/m);
    const id = house.must([
      'commit',
      '-m',
      'with a page',
      '-c',
      'CMD ["httpd","-f","-p","80","-h","/www"]',
      '-c',
      'EXPOSE 80',
      'byhand',
      'site',
    ]);
    assert.match(id, /^sha256:[0-9a-f]{64}\n$/);
    assert.match(house.must(['image', 'ls', 'site']), /^site +latest +[0-9a-f]{12} /m);
    assert.match(house.must(['history', '--format', '{{.Comment}}', 'site']), /^with a page\n/);

    const port = await freePort();
    house.must([
      'run',
      '-d',
      '--restart',
      'always',
      '-p',
      `127.0.0.1:${port}:80`,
      '--name',
      'served',
      'site',
    ]);
    assert.equal(await page(port), 'made by hand\n');
    assert.equal(house.must(['port', 'served']), `80/tcp -> 127.0.0.1:${port}\n`);

    const pid = Number(state('served', '{{.State.Pid}}'));
    process.kill(pid, 'SIGKILL');
    await until('a second start', () =>
      /^running [1-9]/.test(state('served', '{{.State.Status}} {{.RestartCount}}')),
    );
    assert.notEqual(Number(state('served', '{{.State.Pid}}')), pid);
    assert.equal(await page(port), 'made by hand\n');
    house.must(['rm', '-f', 'served']);

    const back = await inTerminal(house, ['attach', 'byhand'], [[/begun[^]*[#$] /, 'exit 3\r']]);
    assert.equal(back.code, 3);
    assert.match(house.must(['container', 'ls', '-l']), / Exited \(3\) .* byhand\n$/);
  },
);

test('attach draws the screen again, and passes new sizes on', { skip }, async () => {
  const first = await inTerminal(
    house,
    ['run', '-it', '--network', 'none', '--name', 'sized', 'base', 'sh'],
    [
      [/[#$] /, 'echo is-$((1+1))\r'],
      [/is-2[^]*[#$] /, '\x10\x11'],
    ],
  );
  assert.equal(first.code, 0);
  const { text } = await inTerminal(
    house,
    ['attach', 'sized'],
    [
      [/begun[^]*[#$] /, resizeTo(40, 120)],
      [/[#$] /, 'stty size\r'],
      [/40 120[^]*[#$] /, 'exit\r'],
    ],
  );
  assert.match(text, /40 120/);
});

test('containers of one image have changes of their own, which ps -s shows', { skip }, () => {
  for (const name of ['one', 'two']) {
    house.must([
      'run',
      '--network',
      'none',
      '--name',
      name,
      'base',
      'sh',
      '-c',
      `echo ${name} >/said`,
    ]);
  }
  for (const name of ['one', 'two']) {
    house.must(['cp', `${name}:/said`, `${house.directory}/${name}`]);
    assert.match(
      house.must(['ps', '-as', '--filter', `name=${name}`]),
      /SIZE\n.* {3}4B \(virtual \d/,
    );
  }
  assert.equal(state('one', '{{.Image}}'), state('two', '{{.Image}}'));
});

test('a container in the background may wait for input that nobody gives', { skip }, () => {
  house.must(['run', '-d', '-i', '--network', 'none', '--name', 'waiting', 'base', 'cat']);
  assert.equal(state('waiting', '{{.State.Status}}'), 'running');
  house.must(['stop', '-t', '0', 'waiting']);
  const { code, stdout } = house.stave(['run', '-i', '--rm', '--network', 'none', 'base', 'cat'], {
    input: 'from a pipe\n',
  });
  assert.deepEqual({ code, stdout }, { code: 0, stdout: 'from a pipe\n' });
});

test(
  'logs of a container that runs: what is new, the last lines, of a span of time',
  { skip },
  async () => {
    const script =
      'echo one; echo two; until [ -e /go ]; do sleep 0.1; done; echo three; exec sleep 60';
    house.must(['run', '-d', '--network', 'none', '--name', 'talker', 'base', 'sh', '-c', script]);
    await until('two lines', () => house.must(['logs', 'talker']) === 'one\ntwo\n');
    assert.equal(house.must(['logs', '--tail', '1', 'talker']), 'two\n');
    await sleep(1_100);
    const middle = new Date().toISOString();
    const following = inTerminal(
      house,
      ['logs', '-f', '--tail', '1', 'talker'],
      [
        [/two/, () => house.must(['exec', 'talker', 'touch', '/go'])],
        [/three/, '\x03'],
      ],
    );
    assert.doesNotMatch((await following).text, /one/);
    assert.equal(house.must(['logs', '--since', middle, 'talker']), 'three\n');
    assert.equal(house.must(['logs', '--until', middle, 'talker']), 'one\ntwo\n');
  },
);

test('how memory is swapped and who is killed for it can be said', { skip }, () => {
  const asked = ['-m', '32m', '--memory-swappiness', '10', '--oom-kill-disable'];
  house.must(['create', '--network', 'none', '--name', 'asked', ...asked, 'base', 'true']);
  const template = '{{.HostConfig.MemorySwappiness}} {{.HostConfig.OomKillDisable}}';
  assert.equal(state('asked', template), '10 true');
  const config = ['run', '--rm', '--network', 'none', '--memory-swappiness', '101', 'base', 'true'];
  const { code, stderr } = house.stave(config);
  assert.equal(code, 125);
  assert.match(stderr, /^Error: Invalid value: 101, valid memory swappiness range is 0-100\n/);
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exec, House, skip } from './house.ts';

test('the commands of one image, from import to rmi', { skip }, () => {
  using house = new House();
  house.base();
  const id = house.must(['images', '-q', '--no-trunc', 'base']).trim();
  assert.match(id, /^sha256:[0-9a-f]{64}$/);
  assert.equal(house.must(['tag', 'base', 'team/base:1']), '');
  assert.equal(
    house.must(['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', '-f', 'reference=*/base']),
    'team/base:1\n',
  );
  assert.equal(
    house.must(['inspect', '-f', '{{.Id}} {{.RepoTags}}', 'base']),
    `${id} [base:latest team/base:1]\n`,
  );
  assert.match(house.must(['history', '--no-trunc', '-q', 'base']), new RegExp(`^${id}\n`));

  const archive = join(house.directory, 'base.tar');
  house.must(['save', '-o', archive, 'base', 'team/base:1']);
  const refused = house.stave(['rmi', id.slice(7, 19)]);
  assert.deepEqual([refused.code, refused.stdout], [1, '']);
  assert.match(
    refused.stderr,
    /^Error: conflict: unable to delete [0-9a-f]{12} \(must be forced\)/,
  );
  // The layers' lines follow.
  const removed = house.must(['rmi', '-f', id.slice(7, 19)]).split('\n');
  assert.deepEqual(removed.slice(0, 3), [
    'Untagged: base:latest',
    'Untagged: team/base:1',
    `Deleted: ${id}`,
  ]);
  assert.deepEqual(house.must(['load', '-i', archive]).trimEnd().split('\n').sort(), [
    'Loaded image: base:latest',
    'Loaded image: team/base:1',
  ]);
  assert.equal(house.must(['images', '-q', '--no-trunc', 'base']).trim(), id);
  assert.match(
    house.must(['image', 'prune', '-a', '-f']),
    /^Deleted Images:\n[^]*\n\nTotal reclaimed space: .+\n$/,
  );
  assert.match(house.must(['fsck']), /: clean\n$/);
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} ends a build with exit code ${code}, and leaves nothing`, { skip }, async () => {
    using house = new House();
    house.base();
    const context = house.context({ Dockerfile: 'FROM base\nRUN echo begun; sleep 1000\n' });
    const [program = '', ...args] = house.command(['build', '-t', 'slow', context]);
    const build = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    for await (const chunk of build.stderr as AsyncIterable<Buffer>) {
      log += chunk.toString();
      if (log.includes(' begun\n')) break;
    }

    build.kill(signal);
    const [exit] = (await once(build, 'exit')) as [number | null];

    assert.equal(exit, code);
    assert.equal(house.must(['images', '-q', 'slow']), '');
    assert.deepEqual([house.litter(), house.holders()], [[], []]);
  });
}

const noScript = existsSync('/usr/bin/script') ? false : 'needs script(1)';

test(
  'on a terminal the display rewrites itself, and save refuses',
  { skip: skip || noScript },
  () => {
    using house = new House();
    house.base();
    const context = house.context({ Dockerfile: 'FROM base\nRUN echo seen\n' });
    const onTerminal = (args: readonly string[]) =>
      exec(['/usr/bin/script', '-qec', house.command(args).join(' '), '/dev/null'], { input: '' });

    const built = onTerminal(['build', context]);
    const saved = onTerminal(['save', 'base']);

    assert.equal(built.code, 0);
    assert.match(built.stdout, /\[\+\] \d+\.\ds \(\d+\/\d+\) finished/);
    assert.match(built.stdout, / => \[2\/2\] RUN echo seen +\d+\.\ds/);
    assert.equal(saved.code, 1);
    assert.match(saved.stdout, /cowardly refusing to save to a terminal/);
  },
);

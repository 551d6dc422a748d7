import assert from 'node:assert/strict';
import { test } from 'node:test';
import { House, skip } from './house.ts';

interface Inspected {
  readonly Id: string;
  readonly Config: { readonly Env: string[]; readonly Cmd?: string[]; readonly Labels?: object };
  readonly RootFS: { readonly Layers: string[] };
}

/** A house with an operating system in two versions, and what is built on the first. */
class Bases extends House {
  constructor() {
    super();
    this.base();
    this.build('os:1', {
      Dockerfile: 'FROM base\nCOPY lib /lib1\nCOPY etc /etc/os\nENV OS=1 MODE=old\nCMD ["sh"]',
      lib: 'one',
      etc: 'a',
    });
    this.build('os:2', {
      Dockerfile:
        'FROM base\nCOPY lib /lib1\nCOPY lib /lib2\nCOPY etc /etc/os\nENV OS=2 MODE=old NEW=yes\nCMD ["ash"]',
      lib: 'two',
      etc: 'a',
    });
  }

  build(name: string, files: Readonly<Record<string, string>>): void {
    this.must(['build', '-q', '-t', name, this.context(files)]);
  }

  inspect(name: string): Inspected {
    const [one] = JSON.parse(this.must(['inspect', name])) as Inspected[];
    assert.ok(one);
    return one;
  }

  /** What a command prints in a container of an image. */
  run(name: string, ...command: string[]): string {
    return this.must(['run', '--rm', '--network', 'none', name, ...command]);
  }
}

test('rebase puts the layers of an image on another base', { skip }, () => {
  using house = new Bases();
  house.build('app', {
    Dockerfile: 'FROM os:1\nRUN echo own > /own && mkdir /data\nENV APP=x MODE=new\nLABEL a=b',
  });
  const before = house.inspect('app');
  const id = house.must(['rebase', '-q', '--onto', 'os:2', 'app']).trim();
  const after = house.inspect('app');
  assert.equal(after.Id, id);
  assert.deepEqual(after.RootFS.Layers, [
    ...house.inspect('os:2').RootFS.Layers,
    ...before.RootFS.Layers.slice(house.inspect('os:1').RootFS.Layers.length),
  ]);
  assert.equal(house.run('app', 'cat', '/lib1', '/lib2', '/own'), 'twotwoown\n');
  assert.deepEqual(after.Config.Env, [
    'PATH=/bin:/usr/bin',
    'OS=2',
    'MODE=new',
    'NEW=yes',
    'APP=x',
  ]);
  assert.deepEqual(after.Config.Cmd, ['ash']);
  assert.deepEqual(after.Config.Labels, { a: 'b' });
  const history = house.must(['history', '--no-trunc', '--format', '{{.CreatedBy}}', 'app']);
  assert.match(history, /echo own/);
  assert.match(history, /COPY lib \/lib2/);
  // What it says of its base is the new one: it can be moved on.
  house.must(['rebase', '-q', '--onto', 'os:1', 'app']);
  assert.deepEqual(house.inspect('app').RootFS, before.RootFS);
  assert.match(house.must(['fsck']), /clean/);
});

test('rebase gives the result another name when it is told one', { skip }, () => {
  using house = new Bases();
  house.build('app', { Dockerfile: 'FROM os:1\nRUN echo own > /own' });
  const { Id } = house.inspect('app');
  house.must(['rebase', '-q', '--onto', 'os:2', '-t', 'app:patched', 'app']);
  assert.equal(house.inspect('app').Id, Id);
  assert.equal(house.run('app:patched', 'cat', '/lib1', '/own'), 'twoown\n');
});

for (const [what, dockerfile, path, why] of [
  ['a file that both changed', 'RUN echo mine > /lib1', '/lib1', 'changed in both'],
  ['a file that both added', 'RUN echo mine > /lib2', '/lib2', 'added in both'],
  ['a file whose mode the image changed', 'RUN chmod 600 /lib1', '/lib1', 'changed in both'],
] as const) {
  test(`rebase refuses ${what}, and leaves everything as it was`, { skip }, () => {
    using house = new Bases();
    house.build('app', { Dockerfile: `FROM os:1\n${dockerfile}` });
    const { Id } = house.inspect('app');
    const refused = house.stave(['rebase', '--onto', 'os:2', 'app']);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, new RegExp(`${path} \\(layer \\d+: ${why}\\)`));
    assert.match(refused.stderr, /--force/);
    assert.equal(house.inspect('app').Id, Id);
    assert.deepEqual(house.litter(), []);
    const forced = house.stave(['rebase', '--force', '--onto', 'os:2', 'app']);
    assert.equal(forced.code, 0);
    assert.match(forced.stderr, new RegExp(`WARNING: ${path}: ${why}`));
  });
}

test('rebase refuses what lies below a path that is no directory any more', { skip }, () => {
  using house = new Bases();
  house.build('usr:1', { Dockerfile: 'FROM base\nRUN mkdir -p /opt/tool' });
  house.build('usr:2', { Dockerfile: 'FROM base\nRUN mkdir -p /opt && ln -s /bin /opt/tool' });
  house.build('app', { Dockerfile: 'FROM usr:1\nRUN echo mine > /opt/tool/mine' });
  const refused = house.stave(['rebase', '--onto', 'usr:2', 'app']);
  assert.match(refused.stderr, /\/opt\/tool \(layer \d+: below what is no directory/);
});

test('rebase does not mind what is the same in both, deleted, or made anew', { skip }, () => {
  using house = new Bases();
  house.build('app', {
    Dockerfile:
      'FROM os:1\nRUN rm /lib1 && mkdir -p /var/log && echo log > /var/log/x && touch -d 2001-01-01 /etc/os && printf two > /lib2',
  });
  house.must(['rebase', '-q', '--onto', 'os:2', 'app']);
  assert.equal(house.run('app', 'cat', '/lib2'), 'two');
  assert.equal(house.stave(['run', '--rm', '--network', 'none', 'app', 'ls', '/lib1']).code, 1);
});

test('rebase says what it does not know', { skip }, () => {
  using house = new Bases();
  const alien = house.stave(['rebase', '--onto', 'os:2', '--base', 'os:2', 'os:1']);
  assert.match(alien.stderr, /os:1 was not built on os:2/);
  house.build('bare', { Dockerfile: 'FROM scratch\nCOPY x /', x: 'x' });
  const bare = house.stave(['rebase', '--onto', 'os:2', 'bare']);
  assert.match(bare.stderr, /does not say what it was built on/);
  assert.equal(house.stave(['rebase', 'bare']).code, 125);
});

test('outdated tells what a moved base makes old, in the order of rebuilding', { skip }, () => {
  using house = new Bases();
  house.must(['tag', 'os:1', 'os']);
  house.build('lib', { Dockerfile: 'FROM os\nRUN echo lib > /lib' });
  house.build('app', { Dockerfile: 'FROM lib\nRUN echo app > /app' });
  const look = (...args: string[]): ReturnType<House['stave']> =>
    house.stave(['outdated', '--local', '--exit-code', ...args]);
  assert.equal(look('lib', 'app').code, 0);
  assert.match(look('lib').stdout, /lib:latest\s+os:latest\s+current/);
  house.must(['tag', 'os:2', 'os']);
  const moved = look('app', 'lib');
  assert.equal(moved.code, 1);
  assert.match(moved.stdout, /lib:latest\s+os:latest\s+outdated/);
  assert.match(
    moved.stdout,
    /in this order:\n {2}lib:latest: os:latest is another image here now\n {2}app:latest: lib:latest, its base, is to be built again\n/,
  );
  assert.equal(look('-q', 'app', 'lib').stdout, 'lib:latest\napp:latest\n');
  house.must(['rebase', '-q', '--onto', 'os', 'lib']);
  house.must(['rebase', '-q', '--onto', 'lib', 'app']);
  assert.doesNotMatch(look('lib', 'app').stdout, /outdated|in this order/);
});

test('outdated tells the age of packages', { skip }, () => {
  using house = new House();
  house.base();
  const folder = house.context({
    Dockerfile:
      'FROM base\nRUN mkdir -p /var/lib/dpkg && touch -d 2020-02-03 /var/lib/dpkg/status\nRUN echo x > /x',
  });
  house.must(['build', '-q', '-t', 'old', folder]);
  const [one] = house
    .must(['outdated', '--local', '--format', 'json', '--max-age', '24h', 'old'])
    .split('\n');
  const { Status, Packages, Reason } = JSON.parse(one ?? '') as Record<string, string>;
  assert.equal(Status, 'outdated');
  assert.match(Packages ?? '', /^dpkg, \d+ years ago$/);
  assert.equal(Reason, 'its packages are of 2020-02-03');
});

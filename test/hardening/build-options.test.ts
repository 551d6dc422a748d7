import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exec, House, skip, type Ran } from '../e2e/house.ts';

/** Texts of options that are refused; `DIR` is a folder of the test. */
const REFUSED: Readonly<Record<string, readonly [readonly string[], RegExp]>> = {
  'a secret without end': [['--secret', 'id=x,src=/dev/zero'], /too big/],
  'a secret that is a folder': [['--secret', 'id=x,src=/etc'], /directory|not a regular/],
  'a Dockerfile without end': [['-f', '/dev/zero'], /not a regular file/],
  'a Dockerfile that is a pipe': [['-f', 'DIR/pipe'], /not a regular file/],
  'a host with a second line': [['--add-host', 'a\n1.1.1.1 evil:1.2.3.4'], /add-host|host/],
  'an address that is none': [['--add-host', 'a:1.2.3.4 evil'], /1\.2\.3\.4 evil/],
  'a name with a line break': [['-t', 'a\nb'], /invalid/],
  'a name that climbs': [['-t', '../../x'], /invalid/],
  'a name that is a command': [['-t', '$(touch DIR/touched)'], /invalid|lowercase/],
  'more memory than there are numbers': [['--shm-size', '1e30'], /shm-size|size/],
  'less memory than none': [['--shm-size=-1'], /shm-size|size/],
  'a limit beyond all numbers': [['--ulimit', 'nofile=99999999999999999999999'], /ulimit|invalid/],
  'a platform that is none': [['--platform', '../../x'], /platform|x/],
  'ten thousand platforms': [['--platform', 'linux/amd64,x,'.repeat(5000)], /platform|x/],
  'a target named __proto__': [['--target', '__proto__'], /target stage "__proto__"/],
  'an output to a file that is there as a folder': [
    ['-o', 'type=local,dest=DIR/file'],
    /DIR\/file|not a directory/,
  ],
  'an output over the program itself': [
    ['-o', 'type=tar,dest=/proc/self/exe'],
    /\/proc\/self\/exe/,
  ],
  'an id file in no folder': [['--iidfile', 'DIR/no/id'], /DIR\/no\/id|no such file/],
  'a cache folder that is a file': [
    ['--cache-to', 'type=local,dest=DIR/file'],
    /DIR\/file|failed to export cache/,
  ],
  'a context that is a pipe': [['--build-context', 'a=DIR/pipe'], /pipe/],
  'a context with an ssh option for a host': [
    ['--build-context', 'a=git@-oProxyCommand=touch${IFS}DIR/touched:x/y.git'],
    /./,
  ],
  'a repository whose ref is an option': [
    ['--build-context', 'a=https://127.0.0.1:1/x.git#--upload-pack=touch DIR/touched'],
    /./,
  ],
  'a repository of this machine': [['--build-context', 'a=file:///etc/x.git'], /./],
  'a repository by another transport': [
    ['--build-context', 'a=ext::sh -c touch% DIR/touched'],
    /./,
  ],
  'a folder that climbs out of a repository': [
    ['--build-context', 'a=https://127.0.0.1:1/x.git#main:../../..'],
    /./,
  ],
};

/** Texts that are odd and mean themselves. */
const TAKEN: Readonly<Record<string, readonly string[]>> = {
  'build arguments named as members of objects': [
    '--build-arg=__proto__=1',
    '--build-arg=constructor=2',
    '--build-arg=toString=3',
  ],
  'labels named as members of objects': ['--label=__proto__=1', '--label=constructor=2'],
  'a secret named as a member of objects': ['--secret=id=__proto__,src=DIR/file'],
  'a context named as a member of objects': ['--build-context=__proto__=DIR/context-1'],
  'a value of a hundred thousand letters': [`--build-arg=A=${'x'.repeat(100_000)}`],
  'a label with control characters': ['--label=a=\u001b]0;title\u0007\u202e'],
  'groups outside of all groups': ['--cgroup-parent=../../../../stave-hostile'],
};

function assertOneLine({ code, stdout, stderr }: Ran, says: RegExp): void {
  assert.ok(code === 1 || code === 125, `exit ${code}\n${stderr.slice(-2000)}`);
  assert.equal(stdout, '');
  const errors = stderr.split('\n').filter((line) => /^(?:Error|unknown)/.test(line));
  assert.equal(errors.length, 1, stderr);
  assert.match(errors[0] ?? '', says);
  assert.doesNotMatch(stderr, /^\s+at .*\.(?:js|ts):\d+/m, 'a stack');
}

test('texts of options that cannot be are refused in one line', { skip }, async (t) => {
  using house = new House();
  house.base();
  const dir = house.directory;
  writeFileSync(join(dir, 'file'), 'file');
  execFileSync('mkfifo', [join(dir, 'pipe')]);
  const context = house.context({
    Dockerfile: 'FROM base\nCOPY f /f\nFROM base\nCOPY --from=a / /\n',
    plain: 'FROM base\nCOPY f /f\n',
    f: 'f',
  });
  for (const [what, [flags, says]] of Object.entries(REFUSED)) {
    await t.test(what, () => {
      const own = flags.map((flag) => flag.replaceAll('DIR', dir));
      const file = own.some((flag) => flag === '-f')
        ? []
        : ['-f', join(context, own[0] === '--build-context' ? 'Dockerfile' : 'plain')];
      const began = performance.now();
      const ran = house.stave(['build', '-q', '--network=none', ...file, ...own, context]);
      assertOneLine(ran, new RegExp(says.source.replaceAll('DIR', dir)));
      assert.ok(performance.now() - began < 60_000, 'it hung');
      assert.equal(existsSync(join(dir, 'touched')), false);
      assert.deepEqual(house.litter(), []);
    });
  }
  // The image is there when its cache cannot be written; it was given no name.
  const names = house.must(['images', '--format', '{{.Repository}}']).split('\n');
  assert.deepEqual([...new Set(names)].sort(), ['', '<none>', 'base']);
});

test('texts of options that are odd mean themselves', { skip }, async (t) => {
  using house = new House();
  house.base();
  writeFileSync(join(house.directory, 'file'), 'file');
  const context = house.context({ Dockerfile: 'FROM base\nARG __proto__\nRUN true\n' });
  for (const [what, flags] of Object.entries(TAKEN)) {
    await t.test(what, () => {
      const own = flags.map((flag) => flag.replaceAll('DIR', house.directory));
      house.must(['build', '-q', '--network=none', '-t', 'made', ...own, context]);
      const [config] = JSON.parse(house.must(['inspect', 'made'])) as [
        { Config: { Labels?: Record<string, string> } },
      ];
      for (const flag of own.filter((one) => /^--label=(?!__proto__)/.test(one))) {
        const [, key = '', value] = /^--label=([^=]*)=(.*)$/su.exec(flag) ?? [];
        assert.equal(
          Object.entries(config.Config.Labels ?? {}).find(([k]) => k === key)?.[1],
          value,
        );
      }
    });
  }
  assert.deepEqual(house.litter(), []);
});

for (const [what, script, says] of [
  ['a Dockerfile', 'yes RUN | "$@" -f - .', /larger than|parse error|no build stage/],
  ['a context', 'yes RUN | "$@" -', /larger than|parse error|no build stage/],
  ['a context of zeros', '"$@" - </dev/zero', /./],
] as const) {
  test(`${what} without end on standard input is refused`, { skip }, () => {
    using house = new House();
    const cwd = house.context({ a: '' });
    const command = house.command(['build', '-q']);
    assertOneLine(exec(['/bin/sh', '-c', script, 'sh', ...command], { cwd }), says);
    assert.deepEqual(house.litter(), []);
  });
}

test(
  'what a build writes beside the store follows no link that it is not told of',
  { skip },
  () => {
    using house = new House();
    const context = house.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /etc/passwd\n' });
    const out = house.context({ kept: 'kept' });
    const dest = house.context({ 'a/b': '' });
    symlinkSync(out, join(dest, 'etc'));
    symlinkSync(join(out, 'kept'), join(dest, 'out.tar'));
    house.must(['build', '-q', '-o', `type=local,dest=${dest}`, context]);
    assert.equal(existsSync(join(out, 'passwd')), false);
    assert.ok(lstatSync(join(dest, 'etc')).isDirectory());
    house.must(['build', '-q', '-o', `type=tar,dest=${join(dest, 'out.tar')}`, context]);
    assert.equal(readFileSync(join(out, 'kept'), 'utf8').length > 0, true);
  },
);

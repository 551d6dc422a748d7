import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exec, House, program, skip, type Ran } from './house.ts';

/** One mistake, and what must be said about it. */
interface Mistake {
  readonly what: string;
  readonly files: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly code?: number;
  /** Each must match what went to stderr. */
  readonly says: readonly RegExp[];
}

/** The line that is pointed at in the excerpt. */
const marked = (line: number, text: string): RegExp =>
  new RegExp(`^\\s*${line} \\| >>> ${text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}`, 'm');

const MISTAKES: readonly Mistake[] = [
  {
    what: 'no Dockerfile',
    files: { other: '' },
    says: [/failed to read dockerfile: open Dockerfile: no such file or directory/],
  },
  {
    what: 'a Dockerfile that is named and missing',
    files: {},
    args: ['-f', 'nowhere/Dockerfile'],
    says: [/nowhere\/Dockerfile.*no such file or directory/],
  },
  {
    what: 'an empty Dockerfile',
    files: { Dockerfile: '' },
    says: [/the Dockerfile cannot be empty/],
  },
  {
    what: 'an unknown instruction',
    files: { Dockerfile: 'FROM base\n\nRUNN true\n' },
    says: [/dockerfile parse error on line 3: unknown instruction: RUNN/, marked(3, 'RUNN true')],
  },
  {
    what: 'an unknown flag',
    files: { Dockerfile: 'FROM base\nCOPY --chwon=1 a /a\n' },
    says: [/unknown flag: --chwon/, marked(2, 'COPY --chwon=1 a /a')],
  },
  {
    what: 'no FROM',
    files: { Dockerfile: 'RUN true\n' },
    says: [/no build stage in current context/, marked(1, 'RUN true')],
  },
  {
    what: 'a COPY source that is not there',
    files: { Dockerfile: 'FROM base\nWORKDIR /x\nCOPY nowhere /\n' },
    says: [/nowhere.*not found/, marked(3, 'COPY nowhere /')],
  },
  {
    what: 'a COPY source that .dockerignore leaves out',
    files: { Dockerfile: 'FROM scratch\nCOPY secret /\n', '.dockerignore': 'sec*\n', secret: 's' },
    says: [/secret.*not found/, /\.dockerignore/, marked(2, 'COPY secret /')],
  },
  {
    what: 'a stage that does not exist',
    files: { Dockerfile: 'FROM base\nCOPY --from=5 /x /x\n' },
    says: [/invalid stage index 5/, marked(2, 'COPY --from=5 /x /x')],
  },
  {
    what: 'a target that does not exist',
    files: { Dockerfile: 'FROM base\n' },
    args: ['--target', 'nope'],
    says: [/target stage "nope" could not be found/],
  },
  {
    what: 'a RUN that fails',
    files: { Dockerfile: 'FROM base\nRUN echo before; exit 7\nRUN true\n' },
    says: [
      /did not complete successfully: exit code: 7/,
      /before/,
      marked(2, 'RUN echo before; exit 7'),
    ],
  },
  {
    what: 'a RUN whose program is missing',
    files: { Dockerfile: 'FROM base\nRUN ["/no/such/program"]\n' },
    says: [/no\/such\/program/, marked(2, 'RUN ["/no/such/program"]')],
  },
  {
    what: 'a RUN with a word misspelled',
    files: { Dockerfile: 'FROM base\nRUN sh -c "exit 100" || apt-get udpate\n' },
    says: [/exit code: 127/, /^Hint: The image has no apt-get/m],
  },
  {
    what: 'a RUN of a program with another name',
    files: { Dockerfile: 'FROM base\nRUN sleepp 1\n' },
    says: [/exit code: 127/, /^Hint: Did you mean 'sleep'\?/m],
  },
  {
    what: 'a RUN of a program with another name, without a shell',
    files: { Dockerfile: 'FROM base\nRUN ["sleepp", "1"]\n' },
    says: [/sleepp/, /^Hint: Did you mean 'sleep'\?/m],
  },
  {
    what: 'a RUN that needs a network and has none',
    files: { Dockerfile: 'FROM base\nRUN wget http://example.org/\n' },
    says: [/^Hint: The step has no network/m],
  },
  {
    what: 'a stage whose name is misspelled',
    files: { Dockerfile: 'FROM base AS build\nFROM base\nCOPY --from=biuld /bin/sh /sh2\n' },
    says: [/did you mean build\?/, marked(3, 'COPY --from=biuld /bin/sh /sh2')],
  },
  {
    what: 'findings that are to be errors',
    files: { Dockerfile: '# check=error=true\nFROM base\nENV k v\n' },
    says: [/failed to solve: lint violation found for rules: LegacyKeyValueFormat/],
  },
  {
    what: 'stages that need each other',
    files: {
      Dockerfile: 'FROM base AS a\nCOPY --from=b /x /\nFROM base AS b\nCOPY --from=a /x /\n',
    },
    args: ['--target=a'],
    says: [/cannot copy from stage "b", it needs to be defined before current stage "a"/],
  },
  {
    what: 'a user that the image does not know',
    files: { Dockerfile: 'FROM base\nUSER nobody-here\nRUN true\n' },
    says: [/unable to find user nobody-here/],
  },
  {
    what: 'a base that is not here',
    files: { Dockerfile: 'FROM no-such-image:1.2\nRUN true\n' },
    says: [/no-such-image:1\.2/, marked(1, 'FROM no-such-image:1.2')],
  },
  {
    what: 'a bad name for the result',
    files: { Dockerfile: 'FROM base\n' },
    args: ['-t', 'BadName'],
    says: [/repository name.*must be lowercase/],
  },
  {
    what: 'a bad flag',
    files: {},
    args: ['--no-such-flag'],
    code: 125,
    says: [/unknown flag: --no-such-flag/],
  },
];

function assertOneError(
  { code, stdout, stderr }: Ran,
  wanted: number,
  says: readonly RegExp[],
): void {
  assert.equal(code, wanted, stderr);
  assert.equal(stdout, '');
  for (const pattern of says) assert.match(stderr, pattern);
  assert.equal(
    stderr.match(/^(?:Error|unknown flag)/gm)?.length,
    1,
    `one error line in:\n${stderr}`,
  );
  assert.doesNotMatch(stderr, /^\s+at .*\.(?:js|ts):\d+/m, 'a stack');
}

test(
  'build names the mistake in one line, marks it in the excerpt, and leaves nothing',
  { skip },
  async (t) => {
    using house = new House();
    house.base();
    for (const { what, files, args = [], code = 1, says } of MISTAKES) {
      await t.test(what, () => {
        const context = house.context(files);
        const ran = house.stave(['build', '--network', 'none', ...args, '.'], { cwd: context });
        assertOneError(ran, code, says);
        assert.deepEqual(house.litter(), []);
        assert.deepEqual(house.holders(), []);
        assert.equal(house.must(['images', '--format', '{{.Repository}}']), 'base\n');
      });
    }
    await t.test('a context that is not there', () => {
      const ran = house.stave(['build', 'nodir'], { cwd: house.directory });
      assertOneError(ran, 1, [/path "nodir" not found/]);
    });
    await t.test('nothing of it harmed the store', () => {
      assert.match(house.must(['fsck']), /./);
    });
  },
);

test('build without a runtime says which to install, and COPY needs none', { skip }, () => {
  using house = new House();
  house.base();
  const context = house.context({
    Dockerfile: 'FROM base\nCOPY a /a\nRUN true\n',
    'copy/Dockerfile': 'FROM base\nCOPY Dockerfile /\n',
    a: 'a',
  });
  const nothing = join(house.directory, 'nothing');
  writeFileSync(nothing, '');
  chmodSync(nothing, 0o644);
  const hidden = (args: readonly string[]): Ran =>
    exec([
      'unshare',
      '-m',
      'sh',
      '-uc',
      `for name in crun runc; do
         for folder in /usr/local/bin /usr/local/sbin /usr/bin /usr/sbin; do
           if [ -e "$folder/$name" ]; then mount --bind "$0" "$folder/$name"; fi
         done
       done
       exec "$@"`,
      nothing,
      ...house.command(args),
    ]);
  assertOneError(hidden(['build', '--network', 'none', context]), 1, [/crun/, /runc/]);
  assert.equal(hidden(['build', '-q', join(context, 'copy')]).code, 0);
  assert.deepEqual(house.litter(), []);
});

test('build without root fails as it does with root: in one line', { skip }, (t) => {
  using house = new House();
  chmodSync(house.directory, 0o755);
  const context = house.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\nRUN ["/x"]\n' });
  const home = join(house.directory, 'home');
  mkdirSync(home);
  chownSync(home, 65_534, 65_534);
  const user = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  if (exec([...user, 'test', '-x', program]).code !== 0) {
    t.skip('another user cannot reach this checkout');
    return;
  }
  const ran = exec([...user, program, '--root', join(home, 'store'), 'build', context], {
    env: { PATH: process.env['PATH'], HOME: home, XDG_RUNTIME_DIR: home },
  });
  // What keeps the namespace of this user.
  const [pid] = readFileSync(join(home, 'stave/pause'), 'latin1').split(' ');
  process.kill(Number(pid), 'SIGKILL');
  assertOneError(ran, 1, [/exec: "\/x": stat \/x: no such file or directory/]);
});

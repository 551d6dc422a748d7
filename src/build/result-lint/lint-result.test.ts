import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { BuildInput } from '../build-input.ts';
import { bench, root, type Bench } from '../testing/bench.ts';
import { elf } from '../testing/elf.ts';

type Files = Readonly<Record<string, string | Buffer>>;

/** Warnings of a build over the files of a first RUN: `Rule line: detail`. */
async function warned(
  house: Bench,
  lines: string,
  files: Files = {},
  input: Partial<BuildInput> = {},
  first = 'FROM scratch\nRUN make\n',
): Promise<string[]> {
  let step = 0;
  const { events } = await house.build(
    `${first}${lines}`,
    { uncached: () => true, ...input },
    (_, upper) => {
      step += 1;
      for (const [name, content] of Object.entries(step === 1 ? files : {})) {
        const path = join(upper, name.replace(/^[!~]/, ''));
        mkdirSync(join(path, '..'), { recursive: true, mode: 0o755 });
        writeFileSync(path, content);
        chmodSync(path, name.startsWith('!') ? 0o644 : name.startsWith('~') ? 0o4777 : 0o755);
      }
      return Promise.resolve();
    },
  );
  return events.flatMap((event) =>
    event.type === 'warning' ? [`${event.code} ${event.place}: ${event.message}`] : [],
  );
}

/** The same, without the rules that nearly any small image breaks. */
async function rules(house: Bench, lines: string, files: Files = {}): Promise<string[]> {
  const all = await warned(house, lines, files);
  const told = all.filter((one) => !/^(?:RootUser|JSONArgs)/.test(one));
  return told.map((one) => one.split(': ', 1)[0] ?? '');
}

const SHELL = { 'bin/sh': elf({}) };

test('a program that is static needs nothing', root, async (t) => {
  assert.deepEqual(await rules(bench(t), 'ENTRYPOINT ["/app"]\n', { app: elf({}) }), []);
});

test('a program that is not there is told, with the line', root, async (t) => {
  const house = bench(t);
  const [text = ''] = await warned(house, 'USER 1\nENTRYPOINT ["app"]\n', { 'opt/app': elf({}) });
  assert.match(
    text,
    /^ProgramNotFound Dockerfile:4: ENTRYPOINT runs app, which is not in the image in PATH \(\/usr/,
  );
  assert.deepEqual(await rules(house, 'CMD ["/app"]\n', SHELL), ['ProgramNotFound Dockerfile:3']);
});

test('a program is found in the PATH, by links, and from WORKDIR', root, async (t) => {
  const house = bench(t);
  const files = { 'opt/app': elf({}) };
  assert.deepEqual(await rules(house, 'ENV PATH=/opt\nCMD ["app"]\n', files), []);
  assert.deepEqual(await rules(house, 'WORKDIR /opt\nCMD ["./app"]\n', files), []);
});

test('a file that cannot be run is told', root, async (t) => {
  const house = bench(t);
  assert.deepEqual(await rules(house, 'CMD ["/app"]\n', { '!app': elf({}) }), [
    'ProgramNotExecutable Dockerfile:3',
  ]);
  assert.deepEqual(await rules(house, 'CMD ["/opt"]\n', { 'opt/app': '' }), [
    'ProgramNotExecutable Dockerfile:3',
  ]);
});

test('shell form needs a shell, and the program that it runs', root, async (t) => {
  const house = bench(t);
  assert.deepEqual(await rules(house, 'CMD app --x\n', { app: elf({}) }), [
    'ShellFormWithoutShell Dockerfile:3',
  ]);
  assert.deepEqual(await rules(house, 'CMD exec app --x\n', SHELL), [
    'ProgramNotFound Dockerfile:3',
  ]);
  for (const script of [
    'A=1 exec /bin/sh',
    'cd /x && app',
    '"$APP" run',
    'if true; then app; fi',
  ]) {
    assert.deepEqual(await rules(house, `CMD ${script}\n`, SHELL), [], script);
  }
});

test('the interpreter of a script must be there, and what env looks for', root, async (t) => {
  const house = bench(t);
  const script = (line: string): Files => ({
    ...SHELL,
    'bin/env': elf({}),
    app: `${line}\necho\n`,
  });
  assert.deepEqual(await rules(house, 'CMD ["/app"]\n', script('#!/bin/sh -e')), []);
  assert.deepEqual(await rules(house, 'CMD ["/app"]\n', script('#!/bin/env sh')), []);
  for (const line of ['#!/bin/bash', '#!/bin/env python3', '#!/bin/sh\r']) {
    assert.deepEqual(
      await rules(house, 'CMD ["/app"]\n', script(line)),
      ['MissingInterpreter Dockerfile:3'],
      line,
    );
  }
});

test(
  'the loader and the libraries of a program must be there, and what these need',
  root,
  async (t) => {
    const house = bench(t);
    const interpreter = '/lib64/ld-linux-x86-64.so.2';
    const app = elf({ interpreter, libraries: ['libone.so.1'] });
    assert.deepEqual(await rules(house, 'CMD ["/app"]\n', { app }), [
      'MissingInterpreter Dockerfile:3',
    ]);
    const loader = { app, 'lib64/ld-linux-x86-64.so.2': elf({}) };
    const [text = ''] = await warned(house, 'USER 1\nCMD ["/app"]\n', loader);
    assert.match(
      text,
      /^MissingLibrary Dockerfile:4: \/app needs libone\.so\.1, which the image does not have/,
    );
    const one = {
      ...loader,
      'usr/lib/x86_64-linux-gnu/libone.so.1': elf({ libraries: ['libtwo.so.2'] }),
    };
    const [more = ''] = await warned(house, 'USER 1\nCMD ["/app"]\n', one);
    assert.match(more, /needs libtwo\.so\.2/);
    const two = {
      ...one,
      'opt/lib/libtwo.so.2': elf({}),
      '!etc/ld.so.conf.d/x.conf': '/opt/lib\n',
    };
    assert.deepEqual(await rules(house, 'CMD ["/app"]\n', two), []);
  },
);

test('libraries are found beside the program where it says so', root, async (t) => {
  const interpreter = '/lib/ld-musl-x86_64.so.1';
  const files = {
    'opt/app/bin': elf({
      interpreter,
      libraries: ['libc.musl-x86_64.so.1', 'libown.so'],
      searched: '$ORIGIN/lib',
    }),
    'opt/app/lib/libown.so': elf({}),
    'lib/ld-musl-x86_64.so.1': elf({}),
  };
  assert.deepEqual(await rules(bench(t), 'CMD ["/opt/app/bin"]\n', files), []);
});

test('damaged programs are nothing to stop at', root, async (t) => {
  const house = bench(t);
  const whole = elf({ interpreter: '/lib/ld.so', libraries: ['liba.so'] });
  for (const size of [4, 40, 63, 64, 100, 200, whole.length - 1]) {
    const lines = await rules(house, 'CMD ["/app"]\n', { app: whole.subarray(0, size) });
    assert.ok(
      lines.every((line) => line.startsWith('Missing')),
      String(lines),
    );
  }
});

test('the tool of a health check must be there', root, async (t) => {
  const house = bench(t);
  const lines = 'HEALTHCHECK CMD curl -f http://localhost\nCMD ["/bin/sh"]\n';
  const [text = ''] = await warned(house, `USER 1\n${lines}`, SHELL);
  assert.match(text, /^ProgramNotFound Dockerfile:4: HEALTHCHECK runs curl/);
  assert.deepEqual(await rules(house, lines, { ...SHELL, 'bin/curl': elf({}) }), []);
});

test('who runs an image is told when it is root, or nobody', root, async (t) => {
  const house = bench(t);
  const users = { ...SHELL, '!etc/passwd': 'app:x:1:1::/:/bin/sh\n' };
  const of = async (lines: string): Promise<string[]> =>
    (await warned(house, lines, users)).map((one) => one.split(': ')[0] ?? '');
  assert.deepEqual(await of('CMD ["/bin/sh"]\n'), ['RootUser Dockerfile:3']);
  assert.deepEqual(await of('USER 0:0\nCMD ["/bin/sh"]\n'), ['RootUser Dockerfile:3']);
  assert.deepEqual(await of('USER nobody-here\nCMD ["/bin/sh"]\n'), ['UnknownUser Dockerfile:3']);
  assert.deepEqual(await of('USER app\nCMD ["/bin/sh"]\n'), []);
  assert.deepEqual(await of('USER 1000\nCMD ["/bin/sh"]\n'), []);
  // An image to build upon does not say what runs.
  assert.deepEqual(await of('ENV A=1\n'), []);
});

test(
  'files for everybody and programs with rights are told once they are in the image',
  root,
  async (t) => {
    const house = bench(t);
    assert.deepEqual(await warned(house, '', { '~bin/su': 'x' }), [
      'WorldWritableFile Dockerfile:2: everybody may write to /bin/su: give them modes with COPY --chmod, or chmod o-w in the RUN that makes them',
      'SetuidFileAdded Dockerfile:2: /bin/su runs with the rights of its owner or group: chmod a-s in the RUN that installs it, unless that is what is wanted',
    ]);
    assert.deepEqual(
      await warned(house, 'COPY --chmod=755 <<EOF /bin/su\nEOF\n', { '~bin/su': 'y' }),
      [],
    );
  },
);

test(
  'compilers are told where other stages build, and where a step installed them',
  root,
  async (t) => {
    const house = bench(t);
    assert.deepEqual(await rules(house, '', { 'usr/bin/gcc': elf({}) }), [
      'BuildToolsInFinalStage Dockerfile:1',
    ]);
    assert.deepEqual(
      await rules(house, 'FROM scratch\nCOPY --from=0 /app /app\n', {
        'usr/bin/gcc': elf({}),
        app: 'x',
      }),
      [],
    );
  },
);

test('check comments leave findings out, and can make them errors', root, async (t) => {
  const house = bench(t);
  const files = { '~app': elf({}) };
  const skip = '# check=skip=RootUser,SetuidFileAdded,WorldWritableFile\nFROM scratch\nRUN make\n';
  assert.deepEqual(await warned(house, 'CMD ["/app"]\n', files, {}, skip), []);
  const strict = '# check=error=true\nFROM scratch\nRUN make\n';
  for (const _ of [1, 2]) {
    await assert.rejects(
      warned(house, 'USER 1\nCMD ["/gone"]\n', files, { names: ['docker.io/library/x:y'] }, strict),
      /lint violation found for rules: ProgramNotFound/,
    );
  }
  assert.equal(
    house.store.read(({ images }) => images.named('docker.io/library/x:y')),
    undefined,
  );
});

test('an image that is there already is not looked at again', root, async (t) => {
  const house = bench(t);
  const lines = 'USER 1\nCMD ["/gone"]\n';
  const cached = { uncached: (): boolean => false };
  assert.equal((await warned(house, lines, {}, cached)).length, 1);
  assert.deepEqual(await warned(house, lines, {}, cached), []);
});

test('a base image without a version is told to those who ask', root, async (t) => {
  const house = bench(t);
  const ask = '# check=experimental=UnpinnedBaseImage\nFROM scratch AS base\nRUN make\n';
  assert.deepEqual(await warned(house, '', {}, {}, ask), []);
});

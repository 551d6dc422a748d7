import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { bench, root } from '../testing/bench.ts';

const FILES = [
  'README.md',
  'src/main.go',
  'src/app/Config.yaml',
  'docs/guide.txt',
  'lib/a/b/deep.h',
  'requirements.txt',
  'secret.env',
  'build/out.bin',
];

/** What a COPY of `source` says, and what it hints at. */
const cases: [source: string, hint: RegExp | undefined][] = [
  ['readme.md', /"README\.md"/],
  ['README', /"README\.md"/],
  ['README.md.txt', /"README\.md"/],
  ['README.rst', /"README\.md"/],
  ['requirments.txt', /"requirements\.txt"/],
  ['main.go', /"src\/main\.go"/],
  ['deep.h', /"lib\/a\/b\/deep\.h"/],
  ['DEEP.H', /"lib\/a\/b\/deep\.h"/],
  ['Src/main.go', /"src\/main\.go"/],
  ['Src/App/config.yaml', /"src\/app\/Config\.yaml"/],
  ['src/guide.txt', /"docs\/guide\.txt"/],
  ['secret.env', /\.dockerignore line 2 \(\*\.env\) keeps it out of the context/],
  ['build/out.bin', /\.dockerignore line 3 \(build\)/],
  ['other.env', undefined],
  ['../sibling/lib.c', /outside of the build context.*--build-context/],
  ['link', /link is a symbolic link to \/etc\/nothing, which is not in the build context/],
  ['link/deeper/file', /link is a symbolic link to \/etc\/nothing/],
  ['Link/deeper/file', undefined],
  ['nothing-of-the-kind', undefined],
];

for (const [source, hint] of cases) {
  test(`COPY ${source} says where it is`, root, async (t) => {
    const { build, write, path } = bench(t);
    for (const file of FILES) write(file, '');
    write('.dockerignore', '# kept out\n*.env\nbuild\n');
    symlinkSync('/etc/nothing', path('link'));
    await assert.rejects(
      build(`FROM scratch\nCOPY ${source} /x/`),
      (error: Error & { hint?: string }) => {
        assert.match(error.message, /: not found/);
        if (hint) assert.match(error.hint ?? '', hint);
        else assert.equal(error.hint, undefined);
        return true;
      },
    );
  });
}

test('COPY of a path of the machine says how it is called in the context', root, async (t) => {
  const { build, write, path } = bench(t);
  write('src/main.go', '');
  await assert.rejects(build(`FROM scratch\nCOPY ${path('src/main.go')} /x/`), {
    hint: 'Paths begin at the build context: write "src/main.go".',
  });
});

test('COPY --from says where a file of the stage is', root, async (t) => {
  const { build, write } = bench(t);
  write('tool', '');
  await assert.rejects(
    build(
      'FROM scratch AS one\nCOPY tool /usr/bin/tool\nFROM scratch\nCOPY --from=one /bin/tool /',
    ),
    { hint: 'There is "usr/bin/tool" in the stage.' },
  );
});

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { CheckInput } from './check.ts';
import { explainPaths, listContext } from './context-report.ts';
import { BaseNotFoundError } from './errors.ts';

const PLATFORM = { os: 'linux', architecture: 'amd64' };

function input(t: TestContext, files: Readonly<Record<string, string>>): CheckInput {
  const context = mkdtempSync(join(tmpdir(), 'context-report-'));
  t.after(() => rmSync(context, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(context, name)), { recursive: true });
    writeFileSync(join(context, name), text);
  }
  return {
    context,
    dockerfile: undefined,
    args: new Map(),
    contexts: new Map(),
    target: undefined,
    platform: PLATFORM,
    buildPlatform: PLATFORM,
  };
}

const noBase = (name: string): never => {
  throw new BaseNotFoundError(name);
};

const FILES = {
  Dockerfile: [
    'FROM far AS a',
    'ARG D=src',
    'COPY $D/ /s/',
    'RUN --mount=source=doc,target=/d true',
    'FROM scratch AS unused',
    'COPY --exclude=*.tmp *.txt /',
  ].join('\n'),
  '.dockerignore': '# two rules\nnode_modules\n**/*.log\n!**/keep.log\n',
  'src/a': 'aaa',
  'src/b.log': 'b',
  'src/keep.log': 'k',
  'doc/readme': 'r',
  'node_modules/x': 'x',
  'one.txt': '1',
  'big.bin': 'b'.repeat(100),
};

test('listContext() lists what is in, with the lines that take it, in all stages', async (t) => {
  const { entries, dockerfile } = await listContext(input(t, FILES), noBase, {}, {});
  assert.equal(dockerfile, 'Dockerfile');
  const shown = entries.map(({ path, kind, size, usedBy }) => [path, kind, size, usedBy.join()]);
  assert.deepEqual(shown, [
    ['.dockerignore', 'file', FILES['.dockerignore'].length, ''],
    ['Dockerfile', 'file', FILES.Dockerfile.length, ''],
    ['big.bin', 'file', 100, ''],
    ['doc', 'directory', 0, '4'],
    ['doc/readme', 'file', 1, '4'],
    ['one.txt', 'file', 1, '6'],
    ['src', 'directory', 0, '3'],
    ['src/a', 'file', 3, '3'],
    ['src/keep.log', 'file', 1, '3'],
  ]);
});

test('listContext() names the rule and line of what is kept out', async (t) => {
  const { entries } = await listContext(input(t, FILES), noBase, { ignored: true }, {});
  const rules = entries.flatMap(({ path, ignored }) =>
    ignored ? [`${path} ${ignored.file}:${ignored.line} ${ignored.pattern}`] : [],
  );
  assert.deepEqual(rules, [
    'node_modules .dockerignore:2 node_modules',
    'node_modules/x .dockerignore:2 node_modules',
    'src/b.log .dockerignore:3 **/*.log',
  ]);
});

test('explainPaths() says which rule decided, either way, and what is not there', (t) => {
  const found = explainPaths(input(t, FILES), noBase, [
    'src/a',
    'src/b.log',
    'src/keep.log',
    'nope',
    'node_modules/nope',
    '../beside',
  ]);
  assert.deepEqual(
    found.map(({ state, rule, usedBy }) => [state, rule?.line, usedBy.join()]),
    [
      ['included', undefined, '3'],
      ['ignored', 3, ''],
      ['included', 4, '3'],
      ['missing', undefined, ''],
      ['ignored', 2, ''],
      ['outside', undefined, ''],
    ],
  );
});

test('listContext() follows no link out of the context, and does without a Dockerfile', async (t) => {
  const without = input(t, { a: 'a' });
  assert.ok(typeof without.context === 'string');
  symlinkSync('/etc', join(without.context, 'out'));
  const { entries, dockerfile } = await listContext(without, noBase, {}, {});
  assert.equal(dockerfile, undefined);
  assert.deepEqual(
    entries.map(({ path, kind }) => `${path} ${kind}`),
    ['a file', 'out symlink'],
  );
});

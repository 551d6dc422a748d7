import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { COMMANDS, GROUPS } from '../command-index.ts';
import { fakeEngine } from '../testing/fake-engine.ts';
import { runCli } from '../testing/run-cli.ts';
import { FILTER_VALUES, FLAG_VALUES } from './values.ts';

const folder = mkdtempSync(join(tmpdir(), 'stave-completion-'));
after(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(
  join(folder, 'Dockerfile'),
  'FROM --platform=linux/amd64 alpine AS sdk\nRUN make\nfrom sdk as final-1\n',
);
writeFileSync(join(folder, 'other'), 'FROM scratch AS alone\n');
writeFileSync(join(folder, 'docker-bake.hcl'), 'target "web" { description = "The site" }\n');

/** The words that are offered behind these, the last of which is being typed; a kind other than words comes first. */
async function offered(...line: readonly string[]): Promise<string[]> {
  const { stdout, stderr, code } = await runCli(['__complete', 'fish', ...line], {
    engine: fakeEngine().engine,
    cwd: folder,
  });
  assert.deepEqual({ stderr, code }, { stderr: '', code: 0 });
  const [kind = '', ...rows] = stdout.trimEnd().split('\n');
  const words = rows.map((row) => row.split('\t')[0] ?? '');
  return kind === 'words' ? words : [`(${kind})`, ...words];
}

test('the first word may be any command, group or help', async () => {
  const words = await offered('');
  for (const one of ['help', 'images', 'version', 'completion', ...Object.keys(GROUPS)]) {
    if (!one.includes(' ')) assert.ok(words.includes(one), one);
  }
  assert.ok(!words.includes('__complete'));
});

test('what is typed of a word chooses', async () => {
  assert.deepEqual(await offered('ima'), ['image', 'images']);
  assert.deepEqual(await offered('image', 'pu'), ['pull', 'push']);
  assert.deepEqual(await offered('buildx', 'imagetools', 'ins'), ['inspect']);
});

test('words of a command name are said by help, too', async () => {
  assert.deepEqual(await offered('help', 'image', 'pu'), ['pull', 'push']);
  assert.deepEqual(await offered('help', 'image', 'ls', ''), []);
});

test('candidates are explained', async () => {
  const { stdout } = await runCli(['__complete', 'zsh', 'image', 'ta']);
  assert.equal(stdout, 'words\ntag\tGive an image another name\n');
});

test('options before the command are completed and skipped', async () => {
  assert.deepEqual(await offered('--r'), ['--root']);
  assert.deepEqual(await offered('--root', ''), ['(directories)']);
  assert.deepEqual(await offered('--root=/e'), ['(directories)']);
  assert.deepEqual(await offered('-D', '--root', '/x', 'image', 'ta'), ['tag']);
});

test('flags are those of the command that are not refused', async () => {
  const words = await offered('images', '--');
  assert.ok(words.includes('--no-trunc') && words.includes('--help'));
  assert.deepEqual(await offered('run', '--blkio-weight-d'), []);
});

test('values of flags, apart and attached, long and short', async () => {
  assert.deepEqual(await offered('build', '--progress', 'r'), ['rawjson']);
  assert.deepEqual(await offered('build', '--progress=r'), ['--progress=rawjson']);
  assert.deepEqual(await offered('images', '--format', ''), ['json', 'raw', 'table']);
  assert.deepEqual(await offered('inspect', '-f', ''), ['json']);
  assert.deepEqual(await offered('save', '-o', ''), ['(files)']);
  assert.deepEqual(await offered('images', '--quiet=t'), ['--quiet=true']);
});

test('filters: their keys, then values of the key', async () => {
  assert.deepEqual(await offered('image', 'prune', '--filter', ''), [
    '(open)',
    'dangling=',
    'label!=',
    'label=',
    'until=',
  ]);
  assert.deepEqual(await offered('images', '-f', 'dangling='), ['dangling=false', 'dangling=true']);
  assert.deepEqual(await offered('images', '-f', 'label=environment=p'), [
    'label=environment=prod',
  ]);
  assert.deepEqual(await offered('images', '--filter=since=ord'), [
    '--filter=since=ord:1',
    '--filter=since=ord:2',
    '--filter=since=ord:3',
  ]);
});

test('images by name; by ID once one is begun, and where there is no name', async () => {
  assert.deepEqual(await offered('rmi', 'app'), ['app:v1']);
  assert.deepEqual(await offered('rmi', 'b28'), ['b282bbaed11e']);
  assert.ok((await offered('history', '')).includes('8f45165f7613'));
  assert.ok(!(await offered('history', '')).includes('b282bbaed11e'));
});

test('an operand is offered once', async () => {
  assert.deepEqual(await offered('rmi', 'ord:1', 'ord:2', 'ord'), ['ord:3']);
});

test('nothing is offered behind the last operand', async () => {
  assert.deepEqual(await offered('history', 'app:v1', ''), []);
});

test('behind the image of run the words are the container’s', async () => {
  assert.deepEqual(await offered('run', '--rm', 'app:v1', '--'), ['(files)']);
});

test('flags behind -- are operands', async () => {
  assert.deepEqual(await offered('rmi', '--', '-'), []);
  assert.deepEqual(await offered('rmi', '--', 'app'), ['app:v1']);
});

test('--target knows the stages of the Dockerfile that is meant', async () => {
  assert.deepEqual(await offered('build', '--target', ''), ['final-1', 'sdk']);
  assert.deepEqual(await offered('build', '-f', 'other', '.', '--target='), ['--target=alone']);
  assert.deepEqual(await offered('build', '-f', 'none', '--target', ''), []);
});

test('bake knows its targets', async () => {
  assert.deepEqual(await offered('bake', ''), ['web']);
  assert.deepEqual(await offered('bake', '-f', 'none.hcl', ''), []);
});

test('where there is no store there are no images, and no complaint', async () => {
  const { stdout, stderr, code } = await runCli(['__complete', 'fish', 'rmi', '']);
  assert.deepEqual({ stdout, stderr, code }, { stdout: 'words\n', stderr: '', code: 0 });
});

test('what is not known is passed over', async () => {
  assert.deepEqual(await offered('nosuch', ''), []);
  assert.deepEqual(await offered('images', '--nosuch', '--form'), ['--format']);
  assert.deepEqual(await offered('images', '--nosuch='), []);
});

test('bash gets what stands behind its last word break, quoted', async () => {
  const ask = async (line: string): Promise<string> =>
    (
      await runCli(['__complete', 'bash', 'stave', line, '"\'@><=;|&(:'], {
        engine: fakeEngine().engine,
      })
    ).stdout;
  assert.equal(await ask('stave rmi app:'), 'words\nv1\n');
  assert.equal(await ask('stave images --filter=dangling=t'), 'words\ntrue\n');
  assert.equal(await ask('A=1 stave images -f "label=owner='), 'words\nqa\\ team\n');
  assert.equal(await ask('stave rmi "ord:1" ord:2 ord:'), 'words\n3\n');
});

test('every flag and filter that has values of its own is there', async () => {
  const flags = new Set<string>();
  const keys = new Set<string>();
  for (const entry of COMMANDS) {
    for (const [name, flag] of Object.entries((await entry.load()).flags)) {
      flags.add(name).add(`${entry.name} ${name}`);
      if (flag.valueName !== 'filter') continue;
      for (const key of flag.words ?? []) keys.add(key).add(`${entry.name} ${key}`);
    }
  }
  assert.deepEqual(
    Object.keys(FLAG_VALUES).filter((name) => !flags.has(name)),
    [],
  );
  assert.deepEqual(
    Object.keys(FILTER_VALUES).filter((key) => !keys.has(key)),
    [],
  );
});

for (const entry of COMMANDS) {
  test(`${entry.name}: every filter key that is said to be known is`, async () => {
    const { flags } = await entry.load();
    for (const key of flags['filter']?.words ?? []) {
      const { stderr } = await runCli([...entry.name.split(' '), '--filter', `${key}=1`], {
        engine: fakeEngine().engine,
        stdin: 'n\n',
      });
      assert.ok(!stderr.includes(`invalid filter '${key}'`), `${key}: ${stderr}`);
    }
  });
}

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { readArchive } from './archive.ts';
import { differences, type Outcome } from './compare.ts';
import { fileSource, members } from './tar.ts';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'stave-judge-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const tar = (cwd: string, ...args: string[]): void =>
  void execFileSync('tar', ['--owner=0', '--group=0', '--sort=name', ...args], { cwd });

for (const format of ['gnu', 'pax', 'ustar']) {
  test(`members() reads what tar --format=${format} wrote`, (t) => {
    const work = folder(t);
    const long = 'n'.repeat(format === 'ustar' ? 40 : 130);
    mkdirSync(join(work, 'tree', long), { recursive: true });
    writeFileSync(join(work, 'tree', long, long), 'content');
    execFileSync('ln', ['-s', long, join(work, 'tree/link')]);
    execFileSync('ln', [join(work, 'tree', long, long), join(work, 'tree/zhard')]);
    tar(work, `--format=${format}`, '--mtime=@1000000000.5', '-cf', 'made.tar', 'tree');
    const fd = openSync(join(work, 'made.tar'), 'r');
    const found = [...members(fileSource(fd))];
    closeSync(fd);
    assert.deepEqual(
      found.map(({ name, type, size, mtime, link }) => [name, type, size, mtime, link]),
      [
        ['tree', 'directory', 0, 1_000_000_000, ''],
        ['tree/link', 'symlink', 0, found[1]?.mtime, long],
        [`tree/${long}`, 'directory', 0, 1_000_000_000, ''],
        [`tree/${long}/${long}`, 'file', 7, 1_000_000_000, ''],
        ['tree/zhard', 'hardlink', 0, 1_000_000_000, `tree/${long}/${long}`],
      ],
    );
  });
}

/** A Docker archive of layers, each given as files by name. */
function archive(work: string, layers: readonly Readonly<Record<string, string>>[]): Outcome {
  const place = mkdtempSync(join(work, 'archive-'));
  const names = layers.map((files, i) => {
    const tree = join(place, `tree-${i}`);
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(tree, name, '..'), { recursive: true });
      writeFileSync(join(tree, name), content);
    }
    tar(place, '--mtime=@0', '-cf', `layer-${i}.tar`, '-C', tree, '.');
    return `layer-${i}.tar`;
  });
  const config = { architecture: 'amd64', os: 'linux', config: {}, rootfs: { diff_ids: [] } };
  writeFileSync(join(place, 'config.json'), JSON.stringify(config));
  const manifest = [{ Config: 'config.json', Layers: names }];
  writeFileSync(join(place, 'manifest.json'), JSON.stringify(manifest));
  tar(place, '-cf', 'image.tar', 'manifest.json', 'config.json', ...names);
  return { kind: 'image', image: readArchive(join(place, 'image.tar')) };
}

test('readArchive() applies layers, whiteouts and opaque directories', (t) => {
  const made = archive(folder(t), [
    { 'a/1': '1', 'a/2': '2', 'b/1': '1', gone: 'x' },
    { 'a/.wh.1': '', 'b/.wh..wh..opq': '', 'b/2': '2', '.wh.gone': '' },
  ]);
  assert.ok(made.kind === 'image');
  assert.deepEqual([...made.image.tree.keys()].sort(), ['a', 'a/2', 'b', 'b/2']);
});

test('differences() sees a changed byte, a missing file and an extra layer', (t) => {
  const work = folder(t);
  const one = archive(work, [{ a: '1', b: '2' }]);
  assert.deepEqual(differences(one, one, 0), []);
  assert.match(differences(one, archive(work, [{ a: '1', b: '3' }]), 0).join('\n'), /\/b digest/);
  assert.match(differences(one, archive(work, [{ a: '1' }]), 0).join('\n'), /\/b: only stave/);
  const two = archive(work, [{ a: '1' }, { b: '2' }]);
  assert.match(differences(one, two, 0).join('\n'), /layers: stave 1, BuildKit 2/);
});

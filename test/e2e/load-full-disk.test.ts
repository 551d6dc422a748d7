import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { file, imageOf } from '../hostile/layers.ts';
import { exec, House, program, skip } from './house.ts';

/** The store lies on a tmpfs of 24 MiB, 12 of them taken; what is saved goes there, too. */
const SCRIPT = `
  stave() { "$STAVE" --root "$DISK/store" "$@" 2>"$DISK.err"; echo "exit $?"; cat "$DISK.err"; }
  mount -t tmpfs -o size=24m tmpfs "$DISK"
  stave load -q -i "$FILES/small.tar"
  head -c 12M /dev/zero >"$DISK/filler"
  for name in layer files held; do
    echo "== $name"; stave load -q -i "$FILES/$name.tar"
  done
  echo '== left'; (cd "$DISK/store" && find tmp leases ingest trash -mindepth 1 ! -name '.*')
  echo '== images'; stave images --format '{{.Repository}}:{{.Tag}}'
  echo '== fsck'; stave fsck
  rm "$DISK/filler"
  echo '== again'; stave load -q -i "$FILES/layer.tar"
  head -c 3M /dev/zero >"$DISK/filler"
  echo '== save'; stave save -o "$DISK/saved.tar" x:1
  ls "$DISK"
  echo '== fsck-again'; stave fsck
`;

test('a disk that fills up under load and save is one line, and leaves nothing', { skip }, () => {
  using house = new House();
  const files = join(house.directory, 'files');
  const disk = join(house.directory, 'disk');
  mkdirSync(files);
  mkdirSync(disk);
  const archives = {
    small: imageOf([file('small')]),
    layer: imageOf([file('large', 'x'.repeat(9_000_000))]),
    files: imageOf(Array.from({ length: 6_000 }, (_, at) => file(`f${at}`, 'y'))),
    held: imageOf(...Array.from({ length: 300 }, (_, at) => [file(`h${at}`, 'z'.repeat(50_000))])),
  };
  for (const [name, data] of Object.entries(archives)) {
    writeFileSync(join(files, `${name}.tar`), data);
  }
  const { stdout, stderr } = exec(['unshare', '-m', 'sh', '-uc', SCRIPT], {
    env: { ...process.env, STAVE: program, DISK: disk, FILES: files },
  });
  assert.equal(stderr, '');
  const blocks = new Map(
    stdout
      .split(/^== /m)
      .map((block) => [block.slice(0, block.indexOf('\n')), block.slice(block.indexOf('\n') + 1)]),
  );
  const full = /^exit 1\nError: [^\n]*(?:no space left|full)[^\n]*\n(?:Hint: [^\n]+\n)?$/;
  for (const name of Object.keys(archives).filter((one) => one !== 'small')) {
    assert.match(blocks.get(name) ?? '', full, name);
  }
  assert.equal(blocks.get('left'), '');
  assert.equal(blocks.get('images'), 'x:1\nexit 0\n');
  assert.match(blocks.get('fsck') ?? '', /exit 0\n$/);
  assert.match(blocks.get('again') ?? '', /exit 0\n$/);
  assert.match(
    blocks.get('save') ?? '',
    /^exit 1\nError: [^\n]*no space left[^\n]*\n(?:Hint: [^\n]+\n)?filler\nstore\n$/,
  );
  assert.match(blocks.get('fsck-again') ?? '', /exit 0\n$/);
});

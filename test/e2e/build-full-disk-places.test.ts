import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { serveHttp } from '../support/http-server.ts';
import { exec, House, program, skip } from './house.ts';

/** Runs a script in a mount namespace of its own and gives its blocks, each after `== name`. */
async function blocks(
  script: string,
  env: Readonly<Record<string, string>>,
): Promise<(name: string) => string> {
  const child = spawn('unshare', ['-m', 'sh', '-uc', script], {
    env: { ...process.env, STAVE: program, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await once(child, 'close');
  const all = new Map(
    output
      .split(/^== /m)
      .slice(1)
      .map((block) => [block.slice(0, block.indexOf('\n')), block.slice(block.indexOf('\n') + 1)]),
  );
  return (name) => all.get(name) ?? assert.fail(`no ${name} in:\n${output}`);
}

function assertFull(block: string, name: string): void {
  assert.match(block, /^exit 1$/m, `${name}: ${block}`);
  assert.equal(block.match(/^Error: .*no space left/gim)?.length, 1, `${name}: ${block}`);
  assert.doesNotMatch(block, /^\s+at /m, `${name}: a stack`);
}

const STAVE = `stave() { "$STAVE" --root "$STORE" "$@" 2>"$STORE.err"; echo "exit $?"; cat "$STORE.err"; }`;

/** Outputs and caches onto a disk of 12 MiB, of a build with a file of 20. */
const OUTPUTS = `${STAVE}
  mount -t tmpfs -o size=12m tmpfs "$DISK"
  stave build -q "$CONTEXT"
  for output in type=local,dest=$DISK/out type=tar,dest=$DISK/out.tar type=oci,dest=$DISK/out.oci \
      type=oci,tar=false,dest=$DISK/layout type=docker,dest=$DISK/out.docker; do
    echo "== $output"; stave build -q -o "$output" "$CONTEXT"
    echo "== left of $output"; find "$DISK" -mindepth 1 ! -type d; ls "$DISK"
  done
  echo '== cache'; stave build -q --cache-to "type=local,dest=$DISK/cache" "$CONTEXT"
  echo '== left of cache'; find "$DISK/cache" -type f
  mknod "$DISK/full" c 1 7
  echo '== ids'; stave build -q --iidfile "$DISK/full" "$CONTEXT"
  echo '== metadata'; stave build -q --metadata-file "$DISK/full" "$CONTEXT"
  echo '== litter'; (cd "$STORE" && find tmp leases ingest trash -mindepth 1 ! -name '.*')
  echo '== fsck'; stave fsck
  mount -o remount,size=100m "$DISK"
  echo '== again'; stave build -q -o "type=local,dest=$DISK/out" --cache-to "type=local,dest=$DISK/cache" "$CONTEXT"
  echo '== size'; stat -c %s "$DISK/out/big"
`;

test('a full disk under an output or a cache leaves nothing there', { skip }, async () => {
  using house = new House();
  const context = house.context({ Dockerfile: 'FROM scratch\nCOPY big /big\n' });
  exec(['/bin/sh', '-c', `head -c 20M /dev/urandom > ${context}/big`]);
  const disk = join(house.directory, 'disk');
  mkdirSync(disk);
  const block = await blocks(OUTPUTS, { STORE: house.root, DISK: disk, CONTEXT: context });
  for (const output of [
    `type=local,dest=${disk}/out`,
    `type=tar,dest=${disk}/out.tar`,
    `type=oci,dest=${disk}/out.oci`,
    `type=oci,tar=false,dest=${disk}/layout`,
    `type=docker,dest=${disk}/out.docker`,
  ]) {
    assertFull(block(output), output);
    assert.equal(block(`left of ${output}`), '', output);
  }
  assertFull(block('cache'), 'cache');
  assert.equal(block('left of cache'), '');
  assertFull(block('ids'), 'ids');
  assertFull(block('metadata'), 'metadata');
  assert.equal(block('litter'), '');
  assert.match(block('fsck'), /^exit 0$/m);
  assert.match(block('again'), /^exit 0$/m);
  assert.equal(block('size'), `${20 << 20}\n`);
});

/** What builds bring to a store on a disk of 48 MiB, 30 of them taken. */
const SOURCES = `${STAVE}
  mount -t tmpfs -o size=48m tmpfs "$DISK"
  STORE=$DISK/store
  head -c 30M /dev/zero >"$DISK/filler"
  stave import -c 'ENV PATH=/bin' "$BASE" base
  left() { (cd "$STORE" && find tmp leases ingest trash -mindepth 1 ! -name '.*'); }
  echo '== tar'; stave build -q - <"$TAR"
  echo '== left of tar'; left
  echo '== url'; stave build -q "$CONTEXT/url"
  echo '== left of url'; left
  echo '== unpacked'; stave build -q "$CONTEXT/unpacked"
  echo '== left of unpacked'; left
  echo '== mount'; stave build --network none -q "$CONTEXT/mount"
  echo '== left of mount'; left
  echo '== fsck'; stave fsck
  rm "$DISK/filler"
  echo '== prune'; stave builder prune -af
  echo '== again'; stave build -q - <"$TAR"
  echo '== fsck-again'; stave fsck
`;

test('a full disk under what a build brings is one line and leaves nothing', { skip }, async () => {
  using house = new House();
  house.base();
  const body = randomBytes(20 << 20);
  await using server = await serveHttp((_, response) => response.end(body));
  const context = house.context({
    'url/Dockerfile': `FROM scratch\nADD ${server.url}/big /big\n`,
    'unpacked/Dockerfile': 'FROM scratch\nADD packed.tar.gz /\n',
    'mount/Dockerfile':
      'FROM base\nRUN --mount=type=cache,target=/c dd if=/dev/zero of=/c/big bs=1M count=24\n',
    'tar/Dockerfile': 'FROM scratch\nCOPY big /big\n',
  });
  exec(['/bin/sh', '-c', `head -c 24M /dev/zero > ${context}/tar/big`]);
  const tar = join(house.directory, 'context.tar');
  exec(['tar', '-cf', tar, '-C', join(context, 'tar'), '.']);
  exec(['tar', '-czf', join(context, 'unpacked/packed.tar.gz'), '-C', join(context, 'tar'), 'big']);
  const disk = join(house.directory, 'disk');
  mkdirSync(disk);
  const block = await blocks(SOURCES, {
    STORE: house.root,
    DISK: disk,
    CONTEXT: context,
    TAR: tar,
    BASE: join(house.directory, 'base.tar'),
  });
  for (const name of ['tar', 'url', 'unpacked']) assertFull(block(name), name);
  assert.match(block('mount'), /^exit 1$/m);
  assert.match(block('mount'), /no space left/i);
  for (const name of ['tar', 'url', 'unpacked', 'mount']) {
    assert.equal(block(`left of ${name}`), '', name);
  }
  for (const name of ['fsck', 'prune', 'again', 'fsck-again']) {
    assert.match(block(name), /^exit 0$/m, `${name}: ${block(name)}`);
  }
});

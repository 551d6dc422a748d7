import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exec, House, program, skip } from './house.ts';

/**
 * The store lies on a tmpfs of 48 MiB, 30 of them taken, in a mount namespace of the script's own. Each section
 * prints one block that the test looks at.
 */
const SCRIPT = `
  stave() { "$STAVE" --root "$DISK/store" "$@" 2>"$DISK.err"; echo "exit $?"; cat "$DISK.err"; }
  mount -t tmpfs -o size=48m tmpfs "$DISK"
  head -c 30M /dev/zero >"$DISK/filler"
  stave import -c 'ENV PATH=/bin' "$BASE" base
  echo '== copy'; stave build -q -t copied "$CONTEXT/copy"
  echo '== run'; stave build --network none -t ran "$CONTEXT/run"
  echo '== import'; stave import "$CONTEXT/big.tar" imported
  echo '== left'; (cd "$DISK/store" && find tmp leases ingest trash -mindepth 1 ! -name '.*')
  echo '== images'; stave images --format '{{.Repository}}'
  echo '== fsck'; stave fsck
  rm "$DISK/filler"
  echo '== again'; stave build -q -t copied "$CONTEXT/copy"
  echo '== fsck-again'; stave fsck
`;

test(
  'a full disk is one clear line, leaves nothing, and is forgotten once there is room',
  { skip },
  () => {
    using house = new House();
    house.base();
    const big = 'x'.repeat(24 << 20);
    const context = house.context({
      'copy/Dockerfile': 'FROM base\nCOPY big /big\n',
      'copy/big': big,
      'run/Dockerfile':
        'FROM base\nRUN cat /proc/self/exe /proc/self/exe /proc/self/exe /proc/self/exe /proc/self/exe /proc/self/exe /proc/self/exe /proc/self/exe /proc/self/exe > /big\n',
    });
    exec(['tar', '-cf', join(context, 'big.tar'), '-C', join(context, 'copy'), 'big']);
    const disk = join(house.directory, 'disk');
    mkdirSync(disk);
    const { stdout, stderr } = exec(['unshare', '-m', 'sh', '-uc', SCRIPT], {
      env: {
        ...process.env,
        STAVE: program,
        DISK: disk,
        BASE: join(house.directory, 'base.tar'),
        CONTEXT: context,
      },
    });
    const blocks = new Map(
      stdout
        .split(/^== /m)
        .slice(1)
        .map((block) => [
          block.slice(0, block.indexOf('\n')),
          block.slice(block.indexOf('\n') + 1),
        ]),
    );
    const block = (name: string): string => blocks.get(name) ?? assert.fail(`${stdout}\n${stderr}`);
    for (const name of ['copy', 'import']) {
      assert.match(block(name), /^exit 1$/m, name);
      assert.match(block(name), /^Error: .*no space left.*$/im, name);
      assert.doesNotMatch(block(name), /^\s+at /m, `${name}: a stack`);
    }
    assert.match(block('run'), /^exit 1$/m);
    assert.match(block('run'), /no space left/i);
    assert.equal(block('left'), '');
    assert.match(block('images'), /^base\nexit 0$/m);
    assert.match(block('fsck'), /^exit 0$/m);
    assert.match(block('again'), /^exit 0$/m);
    assert.match(block('fsck-again'), /^exit 0$/m);
  },
);

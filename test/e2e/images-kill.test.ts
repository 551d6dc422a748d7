import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { collect } from '../../src/base/bytes.ts';
import { openStore } from '../../src/store/open-store.ts';
import { needsRoot, scratchImages } from '../scratch-images.ts';
import { inPieces, tarOf } from '../tar-of.ts';

const ROUNDS = Number(process.env['STAVE_KILLS'] ?? 10);
const program = join(import.meta.dirname, '../../src/cli/bin.ts');

/** Runs the program until it ends, or until it is killed after `wait` milliseconds. */
function run(root: string, args: readonly string[], wait?: number): Promise<number | null> {
  const child = spawn(process.execPath, [program, '--root', root, ...args], { stdio: 'ignore' });
  const timer = wait === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), wait);
  return new Promise((resolve) => {
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
}

test(`load survives ${ROUNDS} kills at any moment`, { skip: needsRoot }, async () => {
  const directory = mkdtempSync(`${tmpdir()}/stave-kill-`);
  try {
    using source = scratchImages();
    const tar = tarOf(
      Array.from({ length: 300 }, (_, at) => ({ name: `file${at}`, data: randomBytes(50_000) })),
    );
    const id = await source.images.import(inPieces(tar, 1 << 18), { name: 'app:1' });
    const archive = join(directory, 'app.tar');
    writeFileSync(archive, await collect(await source.images.save(['app:1']), 1 << 26));

    const root = join(directory, 'store');
    const started = performance.now();
    await run(join(directory, 'other'), ['load', '-q', '-i', archive]);
    const whole = Math.ceil(performance.now() - started);

    for (let round = 0; round < ROUNDS; round += 1) {
      await run(root, ['load', '-q', '-i', archive], randomInt(whole));
      assert.equal(await run(root, ['system', 'check']), 0);
    }

    assert.equal(await run(root, ['load', '-q', '-i', archive]), 0);
    using store = openStore(root);
    const images = store.read((tables) => tables.images.list().map((image) => image.id));
    assert.deepEqual(images, [id]);
    const { problems } = await store.check();
    assert.deepEqual(problems, []);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

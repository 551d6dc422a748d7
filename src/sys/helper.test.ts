import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { collect, once } from '../base/bytes.ts';
import { externalDecompressor, helperPath, throughHelper } from './helper.ts';

for (const format of ['xz', 'bzip2'] as const) {
  const skip = helperPath(format) === undefined ? `${format} is not installed` : false;
  test(`externalDecompressor() undoes ${format}`, { skip }, async () => {
    const plain = Buffer.alloc(3_000_000, 'stave ');
    const packed = execFileSync(format, ['-c'], { input: plain, maxBuffer: 1e8 });
    assert.ok(plain.equals(await collect(externalDecompressor(format, once(packed)))));
  });

  test(`externalDecompressor() says that ${format} failed on garbage`, { skip }, async () => {
    await assert.rejects(collect(externalDecompressor(format, once(Buffer.from('garbage')))), {
      code: 'HELPER_FAILED',
    });
  });
}

test('throughHelper() gives the program an empty environment', async () => {
  assert.equal((await collect(throughHelper('env', [], once(Buffer.alloc(0))))).toString(), '');
});

test('throughHelper() throws what its input throws', async () => {
  async function* broken(): AsyncGenerator<Uint8Array, void> {
    yield Buffer.from('x');
    throw new RangeError('input broke');
  }
  await assert.rejects(collect(throughHelper('cat', [], broken())), { name: 'RangeError' });
});

test('throughHelper() ends the program when the consumer stops early', async () => {
  async function* endless(): AsyncGenerator<Uint8Array, void> {
    for (;;) yield Buffer.alloc(65536);
  }
  for await (const chunk of throughHelper('cat', [], endless())) {
    assert.ok(chunk.length > 0);
    break;
  }
});

test('throughHelper() names a program that is not installed', async () => {
  await assert.rejects(collect(throughHelper('no-such-program', [], once(Buffer.alloc(0)))), {
    code: 'HELPER_MISSING',
  });
});

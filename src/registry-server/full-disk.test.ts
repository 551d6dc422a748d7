import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ServedRegistry } from '../../test/support/served-registry.ts';
import { digestOf } from '../oci/digest.ts';
import { needsRoot } from '../../test/scratch-images.ts';

/** A small file system of its own. */
class SmallDisk implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), 'stave-small-'));

  constructor(bytes: number) {
    execFileSync('/usr/bin/mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', this.path]);
  }

  get free(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  [Symbol.dispose](): void {
    execFileSync('/usr/bin/umount', [this.path]);
    rmSync(this.path, { recursive: true });
  }
}

test(
  'a full disk is answered with 507, and nothing of what did not fit stays',
  { skip: needsRoot },
  async () => {
    using disk = new SmallDisk(4 * 1024 * 1024);
    const folder = join(disk.path, 'data');
    mkdirSync(folder);
    await using registry = await ServedRegistry.open({ folder });
    await registry.image('app', 'v1');
    const big = Buffer.alloc(8 * 1024 * 1024, 'x');
    const path = `/v2/app/blobs/uploads/?digest=${digestOf(big)}`;
    const before = disk.free;
    const got = await registry.send('POST', path, { body: big });
    assert.deepEqual([got.status, got.code], [507, 'DENIED']);
    assert.ok(!got.text.includes(disk.path));
    const upload = await registry.upload('app');
    assert.equal((await registry.send('PATCH', upload, { body: 'abc' })).status, 202);
    assert.equal((await registry.send('PATCH', upload, { body: big })).status, 507);
    assert.equal((await registry.send('GET', upload)).headers['range'], '0-2');
    assert.equal((await registry.send('DELETE', upload)).status, 204);
    assert.ok(before - disk.free < 64 * 1024, `${before - disk.free} bytes stayed`);
    assert.equal((await registry.send('GET', '/v2/app/manifests/v1')).status, 200);
    // To the last byte: manifests too.
    const body = await registry.imageBody('app', { annotations: { long: 'x'.repeat(100_000) } });
    writeFileSync(join(disk.path, 'filler'), Buffer.alloc(Math.max(disk.free - 8192, 0)));
    const manifest = await registry.manifest('app', 'v2', body);
    assert.equal(manifest.status, 507);
    assert.equal((await registry.send('GET', '/v2/app/manifests/v2')).status, 404);
    rmSync(join(disk.path, 'filler'));
    assert.equal((await registry.manifest('app', 'v2', body)).status, 201);
    const { text } = await registry.send('GET', '/v2/app/tags/list');
    assert.deepEqual(JSON.parse(text), { name: 'app', tags: ['v1', 'v2'] });
  },
);

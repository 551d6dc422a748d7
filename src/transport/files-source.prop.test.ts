import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { StaveError } from '../base/errors.ts';
import { digestOf } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';
import { copy } from './copy.ts';
import { directoryDestination } from './directory-destination.ts';
import { dockerSource, layoutSource, plainSource } from './files-source.ts';
import { directoryFiles } from './image-files.ts';

/** The files of an image by name: of a layout that is a Docker archive too, or of the `dir:` form. */
function files(plain: boolean): Map<string, Buffer> {
  const layer = Buffer.from('layer');
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
    }),
  );
  const node = (mediaType: string, data: Buffer): object => ({
    mediaType,
    digest: digestOf(data),
    size: data.length,
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: node(MediaType.ociConfig, config),
      layers: [node(MediaType.ociLayer, layer)],
    }),
  );
  const index = { schemaVersion: 2, manifests: [node(MediaType.ociManifest, manifest)] };
  const blob = (data: Buffer): string =>
    digestOf(data).replace('sha256:', plain ? '' : 'blobs/sha256/');
  const list = [{ Config: blob(config), RepoTags: ['app:v1'], Layers: [blob(layer)] }];
  return new Map([
    ['oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}')],
    ['index.json', Buffer.from(JSON.stringify(index))],
    ['manifest.json', plain ? manifest : Buffer.from(JSON.stringify(list))],
    [blob(config), config],
    [blob(layer), layer],
    [blob(manifest), manifest],
  ]);
}

test('an image of damaged files comes whole or not at all, and what is wrong is told', async () => {
  const count = files(true).size;
  const change = fc.record({
    file: fc.nat(count - 1),
    at: fc.nat(300),
    how: fc.constantFrom('flip', 'cut', 'twice', 'remove'),
    bit: fc.integer({ min: 0, max: 7 }),
  });
  const open = { layout: layoutSource, docker: dockerSource, plain: plainSource } as const;
  const form = fc.constantFrom('layout', 'docker', 'plain' as const);
  await fc.assert(
    fc.asyncProperty(form, fc.array(change, { maxLength: 2 }), async (kind, changes) => {
      const folder = mkdtempSync(`${tmpdir()}/stave-damage-`);
      try {
        const content = files(kind === 'plain');
        const names = [...content.keys()];
        for (const { file, at, how, bit } of changes) {
          const name = names[file] ?? '';
          const data = Buffer.from(content.get(name) ?? '');
          if (how === 'flip' && data.length > 0) data[at % data.length]! ^= 1 << bit;
          if (how === 'remove') content.delete(name);
          else if (how === 'cut') content.set(name, data.subarray(0, at));
          else content.set(name, how === 'twice' ? Buffer.concat([data, data]) : data);
        }
        mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
        for (const [name, data] of content) writeFileSync(join(folder, name), data);
        const to = join(folder, 'to');
        mkdirSync(to);
        const source = await open[kind](directoryFiles(folder, 'the folder'));
        const root = await copy(source, directoryDestination(to, { form: 'oci' }));
        const copied = await layoutSource(directoryFiles(to, 'the copy'));
        assert.equal((await copied.root()).digest, root.digest);
      } catch (error) {
        assert.notEqual(changes.length, 0);
        assert.ok(error instanceof StaveError, String((error as Error | undefined)?.stack));
        assert.doesNotMatch(error.message, /\n/);
      } finally {
        rmSync(folder, { recursive: true });
      }
    }),
    { numRuns: 200 },
  );
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { configOf, DIFF, layout } from '../../../test/hostile-archives.ts';
import { needsRoot } from '../../../test/scratch-images.ts';
import { openEngine } from '../../engine/open-engine.ts';
import { digestOf } from '../../oci/digest.ts';
import { runCli } from '../testing/run-cli.ts';

test(
  'load says what to do about an image of which the layout has only a tag',
  { skip: needsRoot },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'stave-load-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const plain = layout();
    const at = plain.indexOf('"manifests":[{');
    assert.ok(at > 0);
    const tagged = layout({
      index: {
        manifests: [
          {
            ...(JSON.parse(
              plain.toString('latin1', at + 13, plain.indexOf('}', at) + 1),
            ) as object),
            annotations: { 'org.opencontainers.image.ref.name': 'v7' },
          },
        ],
      },
    });
    writeFileSync(join(folder, 'a.tar'), tagged);
    await using engine = await openEngine({ root: join(folder, 'store') });
    const { stdout, stderr, code } = await runCli(['load', '-i', join(folder, 'a.tar')], {
      engine,
    });
    const id = digestOf(configOf(DIFF));
    assert.deepEqual([stdout, code], [`Loaded image ID: ${id}\n`, 0]);
    assert.ok(
      stderr.endsWith(
        `Hint: the archive has the tag 'v7' for it, but no repository; 'stave tag ${id.slice(7, 19)} NAME:v7' gives it a name.\n`,
      ),
      stderr,
    );
  },
);

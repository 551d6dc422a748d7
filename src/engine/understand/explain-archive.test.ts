import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchImages } from '../../../test/scratch-images.ts';
import { bench, root } from '../../build/testing/bench.ts';
import { once } from '../../base/bytes.ts';
import { overlaySnapshotter } from '../../snapshot/overlay.ts';
import { makeNode } from '../../sys/node.ts';
import { imagesOf } from '../images/images.ts';

/** Name and size of every file in a tar, by GNU tar. */
function listed(file: string): readonly (readonly [name: string, size: number])[] {
  const done = spawnSync('tar', ['-tvf', file], { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout.split('\n').flatMap((line): [string, number][] => {
    const [, size, name] = /^-\S+ +\S+ +(\d+) +\S+ +\S+ (.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, Number(size)]];
  });
}

/** What is stored, what is left in the end, and dive's efficiency: all from the tars alone. */
function figures(layers: readonly string[]): { size: number; visible: number; efficiency: number } {
  const shown = new Map<string, number>();
  const versions = new Map<string, number[]>();
  let size = 0;
  for (const layer of layers) {
    for (const [name, bytes] of listed(layer)) {
      const path = name.replace(/(^|\/)\.wh\.([^/]*)$/, '$1$2');
      size += bytes;
      versions.set(path, [...(versions.get(path) ?? []), bytes]);
      if (path === name) shown.set(path, bytes);
      else shown.delete(path);
    }
  }
  const sum = (numbers: Iterable<number>): number => [...numbers].reduce((a, b) => a + b, 0);
  const least = sum([...versions.values()].map((sizes) => Math.min(...sizes)));
  const all = sum([...versions.values()].flat());
  return { size, visible: sum(shown.values()), efficiency: least / all };
}

test(
  'explainImage() has the figures of the archive, here and where it was loaded',
  root,
  async (t) => {
    const at = bench(t);
    const names = Array.from({ length: 40 }, (_, i) => `f${i}`);
    for (const [i, name] of names.entries()) at.write(`d/${name}`, 'x'.repeat(i * 17));
    const image = { names: ['docker.io/library/app:1'] };
    await at.build(
      'FROM scratch\nCOPY d /d\nRUN again\nRUN rm\n',
      image,
      async (_, upper, process) => {
        mkdirSync(`${upper}/d`);
        for (const [i, name] of names.entries()) {
          const file = `${upper}/d/${name}`;
          if (process.argv.at(-1) === 'again' && i % 3 === 0)
            writeFileSync(file, 'y'.repeat(i * 17));
          if (process.argv.at(-1) === 'rm' && i % 4 === 0) makeNode(file, 'char', 0, 0, 0);
        }
      },
    );
    const { store } = at;
    const images = imagesOf({
      store,
      snapshotter: async () => overlaySnapshotter(store),
      applyChanges: (config) => config,
      connections: () => Promise.reject(new Error('no registries')),
    });
    const directory = mkdtempSync(`${tmpdir()}/stave-explain-`);
    t.after(() => rmSync(directory, { recursive: true }));
    const archive = join(directory, 'app.tar');
    const chunks: Uint8Array[] = [];
    for await (const chunk of await images.save(['app:1'])) chunks.push(Buffer.from(chunk));
    writeFileSync(archive, Buffer.concat(chunks));
    assert.equal(spawnSync('tar', ['-xf', archive, '-C', directory]).status, 0);
    const [entry] = JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8')) as {
      Layers: string[];
    }[];
    const told = figures(entry?.Layers.map((layer) => join(directory, layer)) ?? []);

    const here = await images.explain('app:1');
    assert.deepEqual([here.size, here.visible], [told.size, told.visible]);
    assert.ok(here.wasted > 0);
    // The sizes stay and files go one by one: then this is dive's number, too.
    assert.equal(here.score, told.efficiency);

    using other = scratchImages();
    await other.images.load(once(Buffer.concat(chunks)));
    const there = await other.images.explain('app:1');
    assert.deepEqual({ ...there, layers: [], advice: [] }, { ...here, layers: [], advice: [] });
    assert.deepEqual(
      there.layers.map(({ createdBy, origin }) => [createdBy, origin]),
      here.layers.map(({ createdBy }) => [createdBy, undefined]),
    );
    assert.deepEqual(
      there.advice.map(({ gain }) => gain),
      here.advice.map(({ gain }) => gain),
    );
  },
);

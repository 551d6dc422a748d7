import { createHash, randomFillSync } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tarOf } from '../test/tar-of.ts';
import { build } from './builds.ts';
import { must, type Contender } from './contenders.ts';
import type { Workload } from './workload.ts';

const nothing = (): void => {};
const call = (contender: Contender, ...args: string[]): void =>
  void must(contender.command(args), contender.env);

/** A Debian root of 180 MB in two layers, and 100 MB above it. */
export function threeLayers(work: string): (contender: Contender) => void {
  const context = join(work, 'three-layers');
  const body = randomFillSync(Buffer.alloc(10_000));
  mkdirSync(join(context, 'more'), { recursive: true });
  mkdirSync(join(context, 'big'), { recursive: true });
  for (let i = 0; i < 6000; i++) {
    body.writeUInt32LE(i);
    writeFileSync(join(context, 'more', `${i}`), body);
  }
  for (let i = 0; i < 10; i++) {
    writeFileSync(join(context, 'big', `${i}`), randomFillSync(Buffer.alloc(10_000_000)));
  }
  writeFileSync(join(context, 'Dockerfile'), 'FROM debian\nCOPY more /more\nCOPY big /big\n');
  return (contender) =>
    call(contender, ...build(contender, context, 'bench-moved', '--network', 'none'));
}

/** `save` into a file; with `memory`, what it takes. */
export function save(work: string, memory = false): Workload {
  const file = ({ name }: Contender): string =>
    join(work, `saved-${name.replaceAll(/\W+/g, '-')}.tar`);
  return {
    name: memory ? 'save-memory' : 'save',
    what: `${memory ? 'peak memory of ' : ''}\`save\` of an image of 280 MB in three layers`,
    prepare: threeLayers(work),
    args: (contender) => ['save', '-o', file(contender), 'bench-moved'],
    after: (contender) => {
      rmSync(file(contender));
      return [];
    },
    ...(memory && { memory }),
  };
}

/** `load` of what Docker saved, none of which is there; with `memory`, what it takes. */
export function load(work: string, memory = false): Workload {
  const archive = join(work, 'moved.tar');
  const make = threeLayers(work);
  return {
    name: memory ? 'load-memory' : 'load',
    what: `${memory ? 'peak memory of ' : ''}\`load\` of an image of 280 MB in three layers`,
    prepare: (contender) => {
      // The first contender is stave: its archive is one that all others read.
      if (contender.name !== 'stave') return;
      make(contender);
      call(contender, 'tag', 'bench-moved', 'bench-loaded:1');
      call(contender, 'save', '-o', archive, 'bench-loaded:1');
      call(contender, 'rmi', 'bench-loaded:1', 'bench-moved');
      call(contender, 'builder', 'prune', '-af');
    },
    args: () => ['load', '-q', '-i', archive],
    after: () => [['rmi', 'bench-loaded:1']],
    ...(memory && { memory }),
  };
}

/** An archive of images of one small layer each; `name` gives the name of an image, if any. */
function manyImages(path: string, count: number, name: (at: number) => string | undefined): void {
  const hex = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
  const files: { name: string; data: Buffer }[] = [];
  const manifest = Array.from({ length: count }, (_, at) => {
    const layer = tarOf([{ name: 'number', data: `${path} ${at}\n` }]);
    const config = Buffer.from(
      JSON.stringify({
        architecture: 'amd64',
        os: 'linux',
        created: new Date(1.7e12 + at * 1000).toISOString(),
        config: { Labels: { number: String(at) } },
        rootfs: { type: 'layers', diff_ids: [`sha256:${hex(layer)}`] },
        history: [{ created_by: `number ${at}` }],
      }),
    );
    const [configName, layerName] = [`${hex(config)}.json`, `${hex(layer)}/layer.tar`];
    files.push({ name: configName, data: config }, { name: layerName, data: layer });
    const tag = name(at);
    return { Config: configName, RepoTags: tag === undefined ? null : [tag], Layers: [layerName] };
  });
  files.push({ name: 'manifest.json', data: Buffer.from(JSON.stringify(manifest)) });
  writeFileSync(path, tarOf(files));
}

/** `load` of an archive of 1,000 images, none of which is there. */
export function loadMany(work: string): Workload {
  const archive = join(work, 'thousand.tar');
  const names = Array.from({ length: 1000 }, (_, at) => `bench-many/${at}:1`);
  manyImages(archive, names.length, (at) => names[at]);
  return {
    name: 'load-1000',
    what: '`load` of an archive of 1,000 images',
    prepare: nothing,
    args: () => ['load', '-q', '-i', archive],
    after: () => [['rmi', ...names]],
  };
}

/** `image prune` of 200 images without a name. */
export function prune(work: string): Workload {
  const archive = join(work, 'dangling.tar');
  manyImages(archive, 200, () => undefined);
  return {
    name: 'prune',
    what: '`image prune` of 200 dangling images',
    prepare: (contender) => call(contender, 'load', '-q', '-i', archive),
    args: () => ['image', 'prune', '-f'],
    after: () => [['load', '-q', '-i', archive]],
  };
}

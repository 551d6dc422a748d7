import { writeFileSync } from 'node:fs';
import { digestOf } from '../src/oci/digest.ts';
import { tarOf } from '../test/tar-of.ts';

/** The images of {@link writeManyImages} are called `many/app-N:1`. */
export const manyName = (number: number): string => `many/app-${number}:1`;

/**
 * Writes a Docker archive with so many images: a base layer that all share, a small one that
 * ten share, each with a config and a name of its own.
 */
export function writeManyImages(path: string, count: number): void {
  const layer = (name: string, size: number): Buffer =>
    tarOf([{ name, data: Buffer.alloc(size, name) }]);
  const base = layer('base', 100_000);
  const layers = Array.from({ length: Math.ceil(count / 10) }, (_, i) => layer(`own-${i}`, 1000));
  const configs = Array.from({ length: count }, (_, i) =>
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      created: new Date(Date.UTC(2024, 0, 1) + i * 3_600_000).toISOString(),
      config: {
        Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
        Cmd: ['/bin/sh'],
        Labels: { number: String(i), stage: i % 2 === 0 ? 'test' : 'production' },
      },
      history: [
        { created_by: 'ADD base /', comment: 'buildkit.dockerfile.v0' },
        { created_by: `COPY own-${i} /`, comment: 'buildkit.dockerfile.v0' },
        { created_by: 'CMD ["/bin/sh"]', empty_layer: true },
      ],
      rootfs: {
        type: 'layers',
        diff_ids: [base, layers[Math.floor(i / 10)]!].map((one) => digestOf(one)),
      },
    }),
  );
  const manifest = configs.map((_, i) => ({
    Config: `config-${i}.json`,
    RepoTags: [manyName(i)],
    Layers: ['base.tar', `own-${Math.floor(i / 10)}.tar`],
  }));
  writeFileSync(
    path,
    tarOf([
      { name: 'base.tar', data: base },
      ...layers.map((data, i) => ({ name: `own-${i}.tar`, data })),
      ...configs.map((data, i) => ({ name: `config-${i}.json`, data })),
      { name: 'manifest.json', data: JSON.stringify(manifest) },
    ]),
  );
}

import { appendFileSync, linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { MediaType } from '../../src/oci/media-types.ts';
import { openFileStorage } from '../../src/registry-server/file-storage.ts';
import { RegistryPaths } from '../../src/registry-server/paths.ts';

/*
 * Fills a folder as if so many images had been pushed, and says how long opening takes: with no
 * tables, which are made from the journals, and then with them.
 *
 *     sh scripts/in-node.sh bench/registry-server/many-manifests.ts FOLDER MANIFESTS REPOSITORIES
 */
const [, , folder = '', count = '100000', repositories = '1000'] = process.argv;
const paths = new RegistryPaths(folder);

function put(repository: string, text: string): string {
  const digest = digestOf(text);
  const [pool, link] = [paths.pool(digest), paths.blob(repository, digest)];
  mkdirSync(dirname(pool), { recursive: true });
  try {
    writeFileSync(pool, text, { flag: 'wx' });
  } catch {
    // Another repository has it.
  }
  linkSync(pool, link);
  return digest;
}

mkdirSync(paths.uploads, { recursive: true });
const each = Math.ceil(Number(count) / Number(repositories));
for (let n = 0; n < Number(repositories); n += 1) {
  const name = `team-${n % 50}/app-${n}`;
  const place = paths.repository(name);
  for (const algorithm of ['sha256', 'sha512']) {
    mkdirSync(join(place, 'blobs', algorithm), { recursive: true });
  }
  writeFileSync(join(place, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const config = { mediaType: MediaType.ociConfig, digest: put(name, '{}'), size: 2 };
  let lines = '';
  for (let at = 0; at < each; at += 1) {
    const layers = [{ mediaType: MediaType.ociLayer, digest: digestOf(`${n} ${at}`), size: 1 }];
    const body = JSON.stringify({
      schemaVersion: 2,
      config,
      layers,
      annotations: { at: String(at) },
    });
    const entry = {
      at: new Date().toISOString(),
      put: put(name, body),
      type: MediaType.ociManifest,
      size: body.length,
      tags: [`v${at}`],
    };
    lines += `${JSON.stringify(entry)}\n`;
  }
  appendFileSync(paths.journal(name), lines);
}
for (const what of ['without tables', 'with tables', 'with tables']) {
  const start = performance.now();
  const storage = openFileStorage(folder, systemClock);
  console.log(`${what}: ${Math.round(performance.now() - start)} ms`);
  await storage[Symbol.asyncDispose]();
}

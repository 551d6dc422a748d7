import { line, type PackageReader, shown, told, webPage } from './reader.ts';
import { rowsOf } from './stanzas.ts';

const LIMIT = 128 * 1024 * 1024;
const PLACES = ['/lib/apk/db/installed', '/usr/lib/apk/db/installed'];
/** The one-letter fields that say something of the package, and not of its files. */
const FIELDS = new Set('PVAomLUT');

/** Packages of apk. */
export function readApk(reader: PackageReader): void {
  for (const path of PLACES) {
    const text = reader.text(path, LIMIT);
    if (text === undefined) continue;
    let record = new Map<string, string>();
    for (const row of rowsOf(text)) {
      if (row === '') {
        take(reader, path, record);
        record = new Map();
        continue;
      }
      const [key = '', colon] = row;
      if (colon === ':' && FIELDS.has(key) && !record.has(key)) record.set(key, row.slice(2));
    }
    take(reader, path, record);
  }
}

function take(reader: PackageReader, path: string, record: ReadonlyMap<string, string>): void {
  if (record.size === 0) return;
  const [name = '', origin] = [record.get('P'), line(record.get('o'))];
  reader.add({
    kind: 'apk',
    name,
    version: record.get('V') ?? '',
    foundIn: shown(path),
    ...told({
      architecture: line(record.get('A')),
      source: origin === undefined || origin === name ? undefined : { name: origin },
      maintainer: line(record.get('m')),
      license: line(record.get('L')),
      homepage: webPage(record.get('U')),
      description: line(record.get('T')),
    }),
  });
}

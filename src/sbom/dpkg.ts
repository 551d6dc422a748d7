import { copyrightLicense } from './copyright.ts';
import { line, type PackageReader, shown, told, webPage } from './reader.ts';
import { stanzasOf } from './stanzas.ts';

const LIMIT = 64 * 1024 * 1024;
const STATUS = '/var/lib/dpkg/status';
/** Images without a package manager have a file for each package. */
const PARTS = '/var/lib/dpkg/status.d';
const PARTS_LIMIT = 20_000;
/** States in which nothing of a package is there but its configuration, if that. */
const ABSENT: ReadonlySet<string> = new Set(['not-installed', 'config-files']);

/** Packages of dpkg: those of `dpkg-query`, and of images that were put together without it. */
export function readDpkg(reader: PackageReader): void {
  readStatus(reader, STATUS);
  const names = reader.files.names(PARTS);
  if (names.length > PARTS_LIMIT) reader.pass(PARTS, `only ${PARTS_LIMIT} files of it were read`);
  for (const name of names.slice(0, PARTS_LIMIT)) {
    if (!name.endsWith('.md5sums')) readStatus(reader, `${PARTS}/${name}`);
  }
}

function readStatus(reader: PackageReader, path: string): void {
  const text = reader.text(path, LIMIT);
  if (text === undefined) return;
  for (const fields of stanzasOf(text)) {
    const [name = '', version = ''] = [fields.get('package'), fields.get('version')];
    const state = fields.get('status')?.split(/\s+/).at(-1);
    if (state !== undefined && ABSENT.has(state)) continue;
    reader.add({
      kind: 'deb',
      name,
      version,
      foundIn: shown(path),
      ...told({
        architecture: line(fields.get('architecture')),
        source: sourceOf(fields.get('source'), name, version),
        maintainer: line(fields.get('maintainer')),
        license: copyrightLicense(reader, name),
        homepage: webPage(fields.get('homepage')),
        description: line(fields.get('description')?.split('\n', 1)[0]),
      }),
    });
  }
}

/** `glibc (2.36-9)`; the version is left out where it is that of the package. */
function sourceOf(
  text: string | undefined,
  name: string,
  version: string,
): { name: string; version?: string } | undefined {
  const [, source = name, other] = /^(\S+)(?:\s+\((\S+)\))?$/.exec(text ?? '') ?? [];
  if (source === name && (other === undefined || other === version)) return undefined;
  return { name: source, ...(other !== undefined && { version: other }) };
}

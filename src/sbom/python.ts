import { line, type PackageReader, shown, told, webPage } from './reader.ts';
import { stanzasOf } from './stanzas.ts';

const LIMIT = 4 * 1024 * 1024;
const METADATA = /(?:^|\/)[^/]+\.(?:dist-info\/METADATA|egg-info(?:\/PKG-INFO)?)$/;

/** Whether a path (without the slash in front) is that of an installed distribution's metadata. */
export function isPython(path: string): boolean {
  return METADATA.test(path);
}

/** One distribution that pip, or a program like it, has installed. */
export function readPython(reader: PackageReader, path: string): void {
  const text = reader.text(path, LIMIT);
  if (text === undefined) return;
  // What follows the first empty line is a description.
  const [fields = new Map<string, string>()] = stanzasOf(text);
  const [author, email] = [line(fields.get('author')), line(fields.get('author-email'))];
  reader.add({
    kind: 'pypi',
    name: fields.get('name') ?? '',
    version: fields.get('version') ?? '',
    foundIn: shown(path),
    ...told({
      maintainer:
        author !== undefined && email !== undefined && !email.includes('<')
          ? `${author} <${email}>`
          : (author ?? email),
      license: line(fields.get('license-expression')) ?? shortLicense(fields.get('license')),
      homepage: webPage(fields.get('home-page')),
      description: line(fields.get('summary')),
    }),
  });
}

/** Some have the whole text there. */
function shortLicense(text: string | undefined): string | undefined {
  const name = text?.includes('\n') === true ? undefined : line(text);
  return name === 'UNKNOWN' ? undefined : name;
}

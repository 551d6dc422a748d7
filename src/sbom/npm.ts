import { InvalidInputError } from '../base/errors.ts';
import { isJsonObject, parseJson } from '../oci/json.ts';
import { line, type PackageReader, shown, told, webPage } from './reader.ts';

const LIMIT = 1024 * 1024;
const PACKAGE = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/@.][^/]*)\/package\.json$/;

/** Whether a path (without the slash in front) is that of a module's description. */
export function isNpm(path: string): boolean {
  return path.endsWith('/package.json') && PACKAGE.test(path);
}

/** One module that npm, or a program like it, has installed. */
export function readNpm(reader: PackageReader, path: string): void {
  const bytes = reader.bytes(path, LIMIT);
  if (!bytes) return;
  let document: unknown;
  try {
    document = parseJson(bytes, LIMIT, 'it');
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    reader.pass(path, error.message);
    return;
  }
  if (!isJsonObject(document)) return reader.pass(path, 'it is no JSON object');
  const { name, version, license, licenses, author, homepage, description } = document;
  // Parts of modules have descriptions, too, which name nothing.
  if (name === undefined || version === undefined) return;
  reader.add({
    kind: 'npm',
    name: typeof name === 'string' ? name : '',
    version: typeof version === 'string' ? version : '',
    foundIn: shown(path),
    ...told({
      maintainer: personOf(author),
      license: licenseOf(license ?? licenses),
      homepage: webPage(homepage),
      description: line(description),
    }),
  });
}

/** A text, an object with a type, or several of them to choose from. */
function licenseOf(value: unknown): string | undefined {
  if (!Array.isArray(value)) return line(isJsonObject(value) ? value['type'] : value);
  const all = value
    .slice(0, 16)
    .flatMap((one: unknown) => licenseOf(isJsonObject(one) ? one : String(one)) ?? []);
  return all.length > 1 ? `(${all.join(' OR ')})` : all[0];
}

/** `Jane Doe <jane@example.com> (https://…)`, or an object of these. */
function personOf(value: unknown): string | undefined {
  if (!isJsonObject(value)) return line(value)?.replace(/ *\([^)]*\)$/, '');
  const [name, email] = [line(value['name']), line(value['email'])];
  return name !== undefined && email !== undefined ? `${name} <${email}>` : (name ?? email);
}

import { shownName } from '../layer/errors.ts';
import { InvalidArchiveError } from './errors.ts';

const WANTED = "It should be what 'stave save' or 'docker save' writes, plain or compressed.";

/** Files that are taken for archives of images, by how they begin. */
const KINDS: readonly (readonly [start: RegExp, what: string, hint: string])[] = [
  [/^PK\x03\x04/, 'a ZIP file', "Unpack it; a tar archive, or 'stave load -i DIR', can be read."],
  [/^\x7fELF/, 'a program', WANTED],
  [/^(?:Rar!|7z\xbc\xaf)/, 'another kind of archive', 'Unpack it; a tar archive can be read.'],
  [/^\s*<(?:!doctype|html|\?xml)/i, 'a web page or XML', 'Was the download an error page?'],
  [/^\s*[{[]/, 'a JSON document', "To fetch what a registry has, use 'stave pull'."],
  [
    /^(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*FROM\s+\S/i,
    'a Dockerfile',
    "To build it: 'stave build -f FILE .'",
  ],
];

/** What to say of bytes that are no tar. */
export function notATar(head: Uint8Array): InvalidArchiveError {
  if (head.length === 0) {
    return new InvalidArchiveError('the archive is empty', {
      hint: "It should be what 'stave save' or 'docker save' writes.",
    });
  }
  const text = Buffer.from(head).toString('latin1');
  const found = KINDS.find(([start]) => start.test(text));
  if (!found) {
    return new InvalidArchiveError('this is not an image archive: it is no tar archive at all', {
      hint: WANTED,
    });
  }
  const [, what, hint] = found;
  return new InvalidArchiveError(`this is not an image archive: it is ${what}`, { hint });
}

/** What to say of the tar of a file system. */
export function fileSystemArchive(): InvalidArchiveError {
  return new InvalidArchiveError('this is a filesystem archive, not an image archive', {
    hint: "Use 'stave import' to make an image of it.",
  });
}

/** What to say of a tar in which nothing names an image; `names` are its files. */
export function withoutImages(names: Iterable<string>): InvalidArchiveError {
  const all = [...names];
  if (all.includes('Dockerfile') || all.includes('Containerfile')) {
    return new InvalidArchiveError('this is a build context, not an image archive', {
      hint: "To build it: 'stave build - < FILE'.",
    });
  }
  const inner = all.find((name) => /^[^/]+\.(?:tar|tgz|tar\.\w+|oci|docker)$/i.test(name));
  if (inner !== undefined) {
    const shown = shownName(Buffer.from(inner));
    return new InvalidArchiveError(`this archive holds no image, but another archive: ${shown}`, {
      hint: `Unpack it first: tar -xOf FILE ${shown} | stave load`,
    });
  }
  return new InvalidArchiveError(
    'this archive holds no image: neither manifest.json nor index.json is in it',
    { hint: "If it is the archive of a file system, use 'stave import'." },
  );
}

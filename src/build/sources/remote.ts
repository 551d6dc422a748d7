import { posix } from 'node:path';
import { InvalidInputError } from '../../base/errors.ts';
import { shownUrl } from '../../net/url.ts';
import { parseGitUrl, type GitRef } from './git-url.ts';

/** A file behind an http(s) URL. */
export interface HttpRef {
  readonly kind: 'http';
  /** With the credentials that it was written with; without fragment. */
  readonly url: string;
  /** The same for people, histories and keys: without credentials. */
  readonly shown: string;
  /** What the file is called in a destination directory. */
  readonly name: string;
  /** `sha256:…`, `sha384:…` or `sha512:…`, in lower case. */
  readonly checksum?: string;
}

/** What can be read that is no local path. Plain data. */
export type RemoteRef = HttpRef | GitRef;

const HEX_LENGTHS = new Map([
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128],
]);
const UNNAMED = '__unnamed__';

/** Reads a source as a URL or a repository; undefined for a path. Throws InvalidInputError. */
export function parseRemote(text: string): RemoteRef | undefined {
  const git = parseGitUrl(text);
  if (git) return git;
  if (!/^https?:\/\//i.test(text)) return undefined;
  if (!URL.canParse(text))
    throw new InvalidInputError(`${JSON.stringify(shownUrl(text))} is no URL`);
  const url = new URL(text);
  url.hash = '';
  const { href } = url;
  return { kind: 'http', url: href, shown: shownUrl(href), name: nameIn(url) };
}

/** A `--checksum` in its canonical form. Throws InvalidInputError. */
export function parseChecksum(text: string): string {
  const [, algorithm = '', hex = ''] = /^([a-z0-9]+):([0-9a-fA-F]+)$/.exec(text) ?? [];
  if (hex.length > 0 && HEX_LENGTHS.get(algorithm) === hex.length) {
    return `${algorithm}:${hex.toLowerCase()}`;
  }
  throw new InvalidInputError(`invalid checksum ${JSON.stringify(text)}`, {
    hint: 'For a URL it is sha256:, sha384: or sha512: and the digest in hex.',
  });
}

/** The last element of the path, decoded; it can be no way out of the destination. */
function nameIn({ pathname }: URL): string {
  let path = pathname;
  try {
    path = decodeURIComponent(pathname);
  } catch {
    // Not what it looked like: the name is what is written.
  }
  const name = posix.basename(path);
  return name === '' || name === '.' || name === '..' || name.includes('\0') ? UNNAMED : name;
}

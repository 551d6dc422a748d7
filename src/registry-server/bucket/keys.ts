import { type Digest, isDigest } from '../../oci/digest.ts';

/** Above every character that names, tags and digests are made of. */
const LAST = '~';
/** Digits of the number of a tag's change; they count down, so that the newest is first. */
const COUNT_DIGITS = 12;
const MOST = 10 ** COUNT_DIGITS - 1;

/** A repository's right to a content. */
export interface Link {
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
  /** The name of the object that has the bytes. */
  readonly content: string;
  /** Makes the link one of its kind. */
  readonly id: string;
}

/**
 * Where everything lies in a bucket, below `prefix`, which is empty or ends with a slash. `!` is
 * in no name, tag or digest and sorts before all that is, so that lists are in the right order.
 *
 * - `catalog/<name>`: the repository exists.
 * - `contents/<..>/<content>`: bytes that were verified, or are about to be.
 * - `doomed/<content>`: a content that nobody may link to any more.
 * - `pool/<digest>!<size>!<content>!<link>!<name>`: who has a content; written before the link.
 * - `repositories/<name>/blobs/<digest>!<size>!<content>!<link>`: the link, which makes it visible.
 * - `repositories/<name>/manifests/<digest>`: the body.
 * - `repositories/<name>/tags/<tag>!<change>`: what the tag meant from that change on.
 * - `repositories/<name>/tagged/<digest>!<tag>`: the tag may mean, or have meant, this manifest.
 * - `repositories/<name>/referrers/<subject>!<place>!<digest>`: how it is listed.
 * - `uploads/<name>!<id>`: how far an upload is.
 */
export class BucketKeys {
  readonly prefix: string;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  get catalog(): string {
    return `${this.prefix}catalog/`;
  }

  get contents(): string {
    return `${this.prefix}contents/`;
  }

  get doomed(): string {
    return `${this.prefix}doomed/`;
  }

  get pool(): string {
    return `${this.prefix}pool/`;
  }

  get uploads(): string {
    return `${this.prefix}uploads/`;
  }

  content(id: string): string {
    return `${this.contents}${id.slice(0, 2)}/${id}`;
  }

  upload(repository: string, id: string): string {
    return `${this.uploads}${flat(repository)}!${id}`;
  }

  use(repository: string, link: Link): string {
    return `${this.pool}${linkName(link)}!${flat(repository)}`;
  }

  usesOf(digest: Digest): string {
    return `${this.pool}${nameOf(digest)}!`;
  }

  links(repository: string): string {
    return `${this.#repository(repository)}blobs/`;
  }

  linksTo(repository: string, digest: Digest): string {
    return `${this.links(repository)}${nameOf(digest)}!`;
  }

  link(repository: string, link: Link): string {
    return `${this.links(repository)}${linkName(link)}`;
  }

  manifests(repository: string): string {
    return `${this.#repository(repository)}manifests/`;
  }

  manifest(repository: string, digest: Digest): string {
    return `${this.manifests(repository)}${nameOf(digest)}`;
  }

  tags(repository: string): string {
    return `${this.#repository(repository)}tags/`;
  }

  tag(repository: string, tag: string): string {
    return `${this.tags(repository)}${tag}!`;
  }

  /** After all the changes of a tag. */
  afterTag(repository: string, tag: string): string {
    return `${this.tag(repository, tag)}${LAST}`;
  }

  tagged(repository: string, digest: Digest): string {
    return `${this.#repository(repository)}tagged/${nameOf(digest)}!`;
  }

  referrers(repository: string, subject: Digest): string {
    return `${this.#repository(repository)}referrers/${nameOf(subject)}!`;
  }

  #repository(name: string): string {
    return `${this.prefix}repositories/${flat(name)}/`;
  }
}

/** `team!app` for `team/app`. */
function flat(repository: string): string {
  return repository.replaceAll('/', '!');
}

/** `sha256-<hex>`. */
export function nameOf(digest: Digest): string {
  return digest.replace(':', '-');
}

/** What {@link nameOf} was made of; undefined for other texts. */
export function digestIn(text: string): Digest | undefined {
  const digest = text.replace('-', ':');
  return isDigest(digest) ? digest : undefined;
}

function linkName({ digest, size, content, id }: Link): string {
  return `${nameOf(digest)}!${size}!${content}!${id}`;
}

/** The link that the name of an object means; of one in `pool/` also who has it. */
export function linkIn(
  key: string,
  folder: string,
): (Link & { readonly repository: string }) | undefined {
  const [name = '', size = '', content = '', id = '', ...repository] = key
    .slice(folder.length)
    .split('!');
  const digest = digestIn(name);
  if (!digest || !/^\d{1,15}$/.test(size) || !/^[0-9a-f]{32}$/.test(content)) return undefined;
  return { digest, size: Number(size), content, id, repository: repository.join('/') };
}

/** The number of the change whose object has this name, below {@link BucketKeys.tag}. */
export function changeIn(key: string, prefix: string): number {
  return MOST - Number(key.slice(prefix.length, prefix.length + COUNT_DIGITS));
}

/** What the object of a tag's change is called below {@link BucketKeys.tag}. */
export function changeName(number: number): string {
  return String(MOST - number).padStart(COUNT_DIGITS, '0');
}

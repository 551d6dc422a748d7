import type { Digest } from './digest.ts';
import { isDigest } from './digest.ts';
import { InvalidReferenceError } from './errors.ts';

/** A fully qualified image name. Parsing fills the defaults; printing may hide them again. */
export interface Reference {
  /** Host and port: `docker.io`, `localhost:5000`. */
  readonly registry: string;
  /** Path in the registry: `library/alpine`. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const DEFAULT_REGISTRY = 'docker.io';
const OFFICIAL = 'library/';
const NAME_LIMIT = 255;
/** The longest text that can be a reference: a full name, a tag and a SHA-512 digest, with room. */
const TEXT_LIMIT = 1024;

const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const REGISTRY = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const DIGEST_LIKE = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;

/**
 * Reads an image name as users type it: `alpine`, `user/app:1`, `localhost:5000/x@sha256:…`.
 * Fills in `docker.io` and `library/`, but no tag: see {@link withDefaultTag}.
 *
 * What stands before the first slash is a registry when it contains `.`, `:` or an upper-case
 * letter, or is `localhost`. Throws InvalidReferenceError.
 *
 * @see https://github.com/distribution/reference/blob/v0.6.0/reference.go
 */
export function parseReference(text: string): Reference {
  if (/^[0-9a-f]{64}$/.test(text)) {
    throw new InvalidReferenceError(
      `invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`,
    );
  }
  if (text.length > TEXT_LIMIT) throw invalid();
  const { registry, rest } = splitRegistry(text);
  const [named = '', digest, ...more] = rest.split('@');
  if (more.length > 0) throw invalid();
  const colon = named.indexOf(':');
  const repository = colon < 0 ? named : named.slice(0, colon);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  if (repository !== repository.toLowerCase()) {
    const head = text.length - (rest.length - repository.length);
    throw invalid(
      `repository name (${repository}) must be lowercase`,
      `Did you mean '${text.slice(0, head).toLowerCase()}${text.slice(head)}'?`,
    );
  }
  if (!REGISTRY.test(registry) || !repository.split('/').every((one) => COMPONENT.test(one))) {
    throw invalid();
  }
  if (tag !== undefined && !TAG.test(tag)) throw invalid();
  if (registry.length + 1 + repository.length > NAME_LIMIT) {
    throw new InvalidReferenceError(
      `repository name must not be more than ${NAME_LIMIT} characters`,
    );
  }
  return {
    registry,
    repository,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest: checkedDigest(digest) }),
  };
}

/**
 * Reads the name that `tag`, `build -t` or `commit` is to give. Besides what
 * {@link parseReference} refuses, a digest cannot be given, nor a repository called `sha256`.
 * The default tag is filled in. Throws InvalidReferenceError.
 */
export function parseTagTarget(text: string): Reference & { readonly tag: string } {
  const reference = parseReference(text);
  if (reference.digest !== undefined) {
    throw new InvalidReferenceError('refusing to create a tag with a digest reference');
  }
  if (familiarRepository(reference) === 'sha256') {
    throw new InvalidReferenceError(
      'refusing to create an ambiguous tag using digest algorithm as name',
    );
  }
  return { ...reference, tag: reference.tag ?? 'latest' };
}

/** The reference with the tag `latest` when it has neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined
    ? { ...reference, tag: 'latest' }
    : reference;
}

/** The whole name: `docker.io/library/alpine:3@sha256:…`. Parsing it gives the same reference. */
export function formatReference(reference: Reference): string {
  return `${repositoryName(reference)}${suffix(reference)}`;
}

/** The canonical name without tag and digest: `docker.io/library/alpine`. */
export function repositoryName(reference: Reference): string {
  return `${reference.registry}/${reference.repository}`;
}

/**
 * The key of a name in the store: `docker.io/library/x:tag`, or `docker.io/library/x@sha256:…`
 * where there is a digest, since that alone decides. The tag defaults to `latest`.
 */
export function canonicalName(reference: Reference): string {
  return reference.digest === undefined
    ? `${repositoryName(reference)}:${reference.tag ?? 'latest'}`
    : `${repositoryName(reference)}@${reference.digest}`;
}

/** The name as people write it: `alpine:3`. As short as it may be and still mean the same. */
export function familiar(reference: Reference): string {
  return `${familiarRepository(reference)}${suffix(reference)}`;
}

/** {@link familiar} without tag and digest: `alpine`, `user/app`, `localhost:5000/x`. */
export function familiarRepository(reference: Reference): string {
  const { registry, repository } = reference;
  const full = repositoryName(reference);
  if (registry !== DEFAULT_REGISTRY) return full;
  const bare = repository.startsWith(OFFICIAL) ? repository.slice(OFFICIAL.length) : repository;
  return [bare, repository].find((short) => meansTheSame(short, reference)) ?? full;
}

/**
 * {@link familiar} of a whole name as it is kept in the store, without taking it apart where
 * that is not needed: listings have thousands of them.
 */
export function familiarName(whole: string): string {
  if (!whole.startsWith(`${DEFAULT_REGISTRY}/`)) return whole;
  const bare = whole.slice(DEFAULT_REGISTRY.length + 1);
  const short = bare.startsWith(OFFICIAL) ? bare.slice(OFFICIAL.length) : bare;
  const repository = withoutSuffix(short);
  const slash = repository.indexOf('/');
  const first = repository.slice(0, Math.max(slash, 0));
  const plain = slash < 0 ? repository.length !== 64 : !/[.:]/.test(first) && first !== 'localhost';
  // A path under library/ needs the word, or it would be another name.
  const same = short === bare ? slash >= 0 : slash < 0;
  return plain && same ? short : familiar(parseReference(whole));
}

/** A name without its tag and digest. */
export function withoutSuffix(name: string): string {
  const at = name.indexOf('@');
  const end = at < 0 ? name.length : at;
  const colon = name.lastIndexOf(':', end);
  return colon > name.lastIndexOf('/', end) ? name.slice(0, colon) : name.slice(0, end);
}

/** `docker.io/docker.io/x` must not be shown as `docker.io/x`, which is something else. */
function meansTheSame(short: string, { registry, repository }: Reference): boolean {
  const back = splitRegistry(short);
  return back.registry === registry && back.rest === repository && !/^[0-9a-f]{64}$/.test(short);
}

function splitRegistry(text: string): { registry: string; rest: string } {
  const slash = text.indexOf('/');
  const first = slash < 0 ? '' : text.slice(0, slash);
  const named = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  const registry = named && first !== 'index.docker.io' ? first : DEFAULT_REGISTRY;
  const rest = named ? text.slice(slash + 1) : text;
  const official = registry === DEFAULT_REGISTRY && !rest.includes('/');
  return { registry, rest: official ? OFFICIAL + rest : rest };
}

function suffix({ tag, digest }: Reference): string {
  return `${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

function checkedDigest(text: string): Digest {
  if (isDigest(text)) return text;
  if (!DIGEST_LIKE.test(text)) throw invalid();
  const algorithm = text.slice(0, text.indexOf(':'));
  throw new InvalidReferenceError(
    algorithm === 'sha256' || algorithm === 'sha512'
      ? 'invalid checksum digest length'
      : 'unsupported digest algorithm',
  );
}

function invalid(because?: string, hint?: string): InvalidReferenceError {
  return new InvalidReferenceError(
    `invalid reference format${because === undefined ? '' : `: ${because}`}`,
    { hint },
  );
}

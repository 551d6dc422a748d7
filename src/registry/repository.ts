import type { Bytes } from '../base/bytes.ts';
import { DigestMismatchError } from '../base/errors.ts';
import { limiter, together } from '../base/limit.ts';
import type { CallOptions } from '../base/progress.ts';
import type { HttpResponse } from '../net/request.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type Digest, isDigest } from '../oci/digest.ts';
import {
  familiar,
  familiarRepository,
  type Reference,
  repositoryName,
  withDefaultTag,
} from '../oci/reference.ts';
import type { Mounted } from '../transport/transport.ts';
import { type Aside, rangeHeaders, type Wanted } from './ahead.ts';
import type { HistoryOptions, TagChange } from './history.ts';
import type { Connections, RegistryRequest } from './connection.ts';
import { download } from './download.ts';
import { RegistryError } from './errors.ts';
import { type Asked, refusalOf } from './faults.ts';
import { ACCEPT, headOf, manifestIn, type RemoteManifest } from './manifests.ts';
import { mirrored } from './mirrored.ts';
import { Patience } from './patience.ts';
import type { Place } from './rules.ts';
import type {
  PutBlobOptions,
  PutManifestOptions,
  ReferrerOptions,
  Repository,
} from './repository-types.ts';
import { type KeptUpload, locationIn, upload } from './upload.ts';

export type { Repository } from './repository-types.ts';

/** What a repository may make use of. */
export interface RepositoryOptions {
  /** The beginning of a blob that an earlier attempt left, to be continued. */
  readonly partial?: (blob: Digest) => Bytes | undefined;
  /** Opens where a part of a large blob is kept that is fetched before its turn. */
  readonly aside?: (blob: Digest, part: string) => Promise<Aside>;
  /** The token is to allow writing from the start. */
  readonly push?: boolean;
  /** Blobs are sent in pieces of so many bytes; in one piece by default. */
  readonly chunk?: number | undefined;
  /** Opens what an earlier process left of an upload; undefined while another one sends it. */
  readonly kept?: (upload: string) => KeptUpload | undefined;
}

/** Opens the repository of a name, with its mirrors. Nothing is asked yet. Throws RegistryConfigError. */
export function openRepository(
  connections: Connections,
  reference: Reference,
  options: RepositoryOptions = {},
): Repository {
  const { origin, mirrors } = connections.route(reference);
  const open = (place: Place): RemoteRepository =>
    new RemoteRepository(connections, reference, place, options);
  if (options.push === true || mirrors.length === 0) return open(origin);
  return mirrored(
    mirrors.map((place) => ({ place, repository: open(place) })),
    open(origin),
  );
}

/** What a token is to allow. */
type Right = 'pull' | 'push' | 'delete';

/** Connections for parts of blobs, besides one for each blob that is under way. */
const EXTRA_STREAMS = 8;

/** Tags that are put at the same time. */
const TAGS_AT_ONCE = 4;

/** Pages of a list of tags. */
const PAGES = 10_000;

class RemoteRepository implements Repository {
  readonly reference: Reference;
  readonly label: string;
  readonly #connections: Connections;
  readonly #options: RepositoryOptions;
  readonly #place: Place;
  readonly #streams = { free: EXTRA_STREAMS };
  /** One after another: each change of a list of referrers starts from the one before. */
  #listing: Promise<void> = Promise.resolve();

  constructor(
    connections: Connections,
    reference: Reference,
    place: Place,
    options: RepositoryOptions,
  ) {
    this.reference = withDefaultTag(reference);
    this.label = familiarRepository(reference);
    this.#connections = connections;
    this.#options = options;
    this.#place = place;
  }

  get registry(): string {
    return this.reference.registry;
  }

  async resolve(tag?: string, call: CallOptions = {}): Promise<Descriptor> {
    const response = await this.#ask(
      { method: 'HEAD', target: this.#manifest(tag), headers: { accept: ACCEPT } },
      call,
    );
    await response.discard();
    const wanted = this.#wanted(tag);
    const head = response.status === 200 ? headOf(response) : undefined;
    if (head && (!isDigest(wanted) || head.digest === wanted)) return head;
    // HEAD has no words for what is wrong, and not every registry knows it.
    return (await this.getManifest(tag, call)).descriptor;
  }

  async getManifest(tag: string | undefined, call: CallOptions = {}): Promise<RemoteManifest> {
    const wanted = this.#wanted(tag);
    const patience = new Patience(this.#connections.settings, call);
    for (;;) {
      const response = await this.#ask(
        { target: this.#manifest(tag), headers: { accept: ACCEPT } },
        call,
      );
      if (response.status !== 200) throw await refusalOf(response, this.#asked('manifest', tag));
      try {
        return await manifestIn(response, this.#name(tag), isDigest(wanted) ? wanted : undefined);
      } catch (error) {
        await patience.afterFailure(error);
      }
    }
  }

  async putManifest(
    manifest: RemoteManifest,
    tag?: string,
    options: PutManifestOptions = {},
  ): Promise<void> {
    await this.#putManifest(manifest, tag ?? manifest.descriptor.digest, options);
  }

  async putTags(
    manifest: RemoteManifest,
    tags: readonly string[],
    call: CallOptions = {},
  ): Promise<void> {
    const [only, ...others] = tags;
    if (others.length === 0) return this.putManifest(manifest, only, call);
    const query = tags.map((tag) => `tag=${encodeURIComponent(tag)}`).join('&');
    const place = `${manifest.descriptor.digest}?${query}`;
    const response = await this.#putManifest(manifest, place, call).catch((error: unknown) => {
      // What is wrong with the manifest itself is told again by the next try.
      if (error instanceof RegistryError && error.status !== undefined) return undefined;
      throw error;
    });
    // A registry that takes several tags at once says which it has taken.
    const told = response?.headers['oci-tag'] ?? '';
    const taken = new Set(told.split(',').map((tag) => tag.trim()));
    const run = limiter(TAGS_AT_ONCE);
    const stop = new AbortController();
    const signal = call.signal ? AbortSignal.any([call.signal, stop.signal]) : stop.signal;
    const rest = tags.filter((tag) => !taken.has(tag));
    const put = (tag: string): Promise<void> =>
      this.putManifest(manifest, tag, { ...call, signal });
    await together(
      rest.map((tag) => run(() => put(tag))),
      stop,
    );
  }

  async #putManifest(
    { descriptor, bytes }: RemoteManifest,
    place: string,
    { ifMatch, ...call }: PutManifestOptions,
  ): Promise<HttpResponse> {
    const response = await this.#ask(
      {
        method: 'PUT',
        target: `${this.#path}manifests/${place}`,
        headers: {
          'content-type': descriptor.mediaType,
          ...(ifMatch !== undefined && { 'if-match': ifMatch }),
        },
        body: bytes,
      },
      call,
      'push',
    );
    if (response.status !== 201 && response.status !== 200 && response.status !== 202) {
      throw await refusalOf(response, this.#asked('upload', place.replace(/\?.*$/, '')));
    }
    await response.discard();
    const told = response.headers['docker-content-digest'];
    if (told !== undefined && told !== descriptor.digest) {
      throw new DigestMismatchError(descriptor.digest, told, this.registry);
    }
    const isListed = response.headers['oci-subject'] !== undefined;
    if (isListed || !bytes.includes('"subject"')) return response;
    const { listReferrer } = await import('./referrers.ts');
    const listed = this.#listing.then(() => listReferrer(this, { descriptor, bytes }, call));
    this.#listing = listed.catch(() => {});
    await listed;
    return response;
  }

  async referrers(
    subject: Digest,
    { artifactType, ...call }: ReferrerOptions = {},
  ): Promise<readonly Descriptor[]> {
    const { readReferrers } = await import('./referrers.ts');
    const ask = (target: string | URL): Promise<HttpResponse> =>
      this.#ask({ target, headers: { accept: ACCEPT } }, call);
    const asked = this.#asked('referrers', subject);
    const found = await readReferrers(
      this,
      { path: this.#path, subject, artifactType, ask, asked },
      call,
    );
    return found.filter((one) => artifactType === undefined || one.artifactType === artifactType);
  }

  async deleteManifest(tag: string, call: CallOptions = {}): Promise<void> {
    const target = `${this.#path}manifests/${tag}`;
    const response = await this.#ask({ method: 'DELETE', target }, call, 'delete');
    if (![200, 202, 204].includes(response.status)) {
      throw await refusalOf(
        response,
        this.#asked(response.status === 404 ? 'manifest' : 'delete', tag),
      );
    }
    await response.discard();
  }

  async hasBlob(digest: Digest, call: CallOptions = {}): Promise<boolean> {
    const target = `${this.#path}blobs/${digest}`;
    const response = await this.#ask({ method: 'HEAD', target }, call);
    await response.discard();
    if (response.status === 200) return true;
    if (response.status === 404 || response.status === 405) return false;
    throw await refusalOf(response, this.#asked(this.#options.push ? 'upload' : 'blob', digest));
  }

  getBlob(node: Descriptor, call: CallOptions = {}): Bytes {
    return this.blobFrom(node, 0, call);
  }

  /** The blob's bytes from an offset on; what an earlier attempt left counts from the beginning only. */
  blobFrom(node: Descriptor, start: number, call: CallOptions): Bytes {
    const open = async (wanted: Wanted): Promise<HttpResponse> => {
      const headers = rangeHeaders(wanted);
      const response = await this.#ask(
        { target: `${this.#path}blobs/${node.digest}`, headers },
        wanted.signal ? { ...call, signal: wanted.signal } : call,
      );
      if ([200, 206, 416].includes(response.status)) return response;
      const refusal = await refusalOf(response, this.#asked('blob', node.digest));
      if (response.status !== 404 || !node.urls) throw refusal;
      // A layer that must not be passed on lies where its publisher put it.
      const { askElsewhere } = await import('./elsewhere.ts');
      const { settings } = this.#connections;
      const request = { connection: this.#connection(), urls: node.urls, headers, settings };
      const found = await askElsewhere(request, call);
      if (!found) throw refusal;
      return found;
    };
    const { partial, aside } = this.#options;
    const options = {
      size: node.size,
      start,
      open,
      settings: this.#connections.settings,
      aside: aside && ((part: string) => aside(node.digest, part)),
      streams: this.#streams,
    };
    const present = (): Bytes | undefined => (start === 0 ? partial?.(node.digest) : undefined);
    return {
      [Symbol.asyncIterator]: () =>
        download({ ...options, present: present() }, call)[Symbol.asyncIterator](),
    };
  }

  async putBlob(
    node: Descriptor,
    open: () => Promise<Bytes>,
    { from = [], ...call }: PutBlobOptions = {},
  ): Promise<'done' | Mounted> {
    const scopes = this.#scopes('push');
    const asked = this.#asked('upload', node.digest);
    let location: URL | undefined;
    for (const other of from) {
      if (other === this.reference.repository) continue;
      const query = new URLSearchParams({ mount: node.digest, from: other });
      const response = await this.#connection().ask(
        {
          method: 'POST',
          target: `${this.#path}blobs/uploads/?${query.toString()}`,
          scopes: [...scopes, `repository:${other}:pull`],
          body: Buffer.alloc(0),
        },
        call,
      );
      await response.discard();
      if (response.status === 201) return { mounted: other };
      // Not there, or not allowed to know: what was begun instead is used.
      if (response.status === 202) {
        location = locationIn(response);
        break;
      }
    }
    const { settings } = this.#connections;
    const connection = this.#connection();
    await upload(
      {
        connection,
        settings,
        path: this.#path,
        scopes,
        node,
        open,
        asked,
        location,
        chunk: this.#options.chunk,
        kept: this.#options.kept,
      },
      call,
    );
    return 'done';
  }

  async *tags(call: CallOptions = {}): AsyncGenerator<string, void> {
    const { tagPages } = await import('./tags.ts');
    const ask = (target: string | URL): Promise<HttpResponse> => this.#ask({ target }, call);
    const asked = this.#asked('tags', undefined);
    yield* tagPages(`${this.#path}tags/list`, ask, asked, PAGES);
  }

  async history(options: HistoryOptions): Promise<readonly TagChange[]> {
    const { askHistory } = await import('./history.ts');
    const ask = (target: string): Promise<HttpResponse> => this.#ask({ target }, options);
    return askHistory(this.#path, ask, this.#asked('tags', undefined), options);
  }

  #ask(
    request: Omit<RegistryRequest, 'scopes'>,
    call: CallOptions,
    right: Right = this.#options.push === true ? 'push' : 'pull',
  ): Promise<HttpResponse> {
    const { ns } = this.#place;
    const { target } = request;
    const text = String(target);
    const named =
      ns === undefined
        ? target
        : `${text}${text.includes('?') ? '&' : '?'}${new URLSearchParams({ ns }).toString()}`;
    return this.#connection().ask({ ...request, target: named, scopes: this.#scopes(right) }, call);
  }

  /** The name that the repository has where it is asked for. */
  get #repository(): string {
    return this.#place.path.replace(/^.*?\/v2\//, '').replace(/\/$/, '');
  }

  get #path(): string {
    return this.#place.path;
  }

  #connection(): ReturnType<Connections['to']> {
    return this.#connections.to(this.#place.registry, this.#place.scheme);
  }

  #scopes(right: Right): string[] {
    const rights = right === 'push' ? 'pull,push' : right;
    return [`repository:${this.#repository}:${rights}`];
  }

  #wanted(tag: string | undefined): string {
    const { digest, tag: own = 'latest' } = this.reference;
    return tag ?? digest ?? own;
  }

  #manifest(tag: string | undefined): string {
    return `${this.#path}manifests/${this.#wanted(tag)}`;
  }

  #name(tag: string | undefined): string {
    if (tag === undefined) return familiar(this.reference);
    return `${this.label}${isDigest(tag) ? '@' : ':'}${tag}`;
  }

  #asked(what: Asked['what'], tag: string | undefined): Asked {
    return { name: this.#name(tag), repository: this.label, registry: this.registry, what };
  }
}

/** The canonical name of what a reference's tag points at: `docker.io/library/alpine@sha256:…`. */
export function digestName(reference: Reference, digest: Digest): string {
  return `${repositoryName(reference)}@${digest}`;
}

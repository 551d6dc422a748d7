import type { Clock } from '../../base/clock.ts';
import { type Digest, isDigest } from '../../oci/digest.ts';
import type { RemoteManifest } from '../../registry/manifests.ts';
import { checkManifest, referrerOf } from '../check-manifest.ts';
import { Problem } from '../errors.ts';
import { isTag } from '../names.ts';
import type { RegistryStorage, StoredManifest } from '../storage.ts';
import { type Failure, failureOf, problemOf } from './failure.ts';
import { Known, Together } from './known.ts';
import type { MirroredName } from './places.ts';

/** How long somebody waits who could have what is here already, in milliseconds. */
const LOOK = 10_000;
const FOR_EVER = Infinity;

/** Manifests of upstreams: those that are here, and those that are fetched. */
export class MirroredManifests {
  readonly #storage: RegistryStorage;
  readonly #started: number;
  readonly #clock: Clock;
  /** Tags, by when they were last right. */
  readonly #right: Known<Digest>;
  readonly #failed: Known<Failure>;
  readonly #asked = new Together<StoredManifest>();
  /** Sizes of blobs, as manifests say. */
  readonly sizes: Known<number>;

  constructor(storage: RegistryStorage, clock: Clock) {
    this.#storage = storage;
    this.#clock = clock;
    this.#started = clock.now().getTime();
    this.#right = new Known(clock);
    this.#failed = new Known(clock);
    this.sizes = new Known(clock);
  }

  /** By tag or digest. Throws Problem. */
  async get(
    repository: string,
    reference: string,
    name: MirroredName,
  ): Promise<StoredManifest | undefined> {
    const own = await this.#storage.manifest(repository, reference);
    const key = `${repository}:${reference}`;
    // What has a digest does not change.
    if (!isDigest(reference) && !isTag(reference)) return undefined;
    const { figures } = name.place;
    if (!own) return this.#fetch(key, repository, reference, name);
    const isRight = this.#right.get(key, name.place.tagLife) === own.digest;
    if (isDigest(reference) || isRight) {
      figures.count('manifest', 'hit');
      return own;
    }
    const { upstream } = name.place;
    if (upstream.isDown) return this.#stale(own, key, name, 'down');
    const before = this.#failed.get(key, name.place.missingLife);
    if (before && before !== 'missing') return this.#stale(own, key, name, before);
    try {
      const look = (): Promise<StoredManifest> =>
        this.#renew(key, repository, reference, own, name);
      const found = await this.#asked.do(key, () => upstream.ask(look));
      figures.count('manifest', found.digest === own.digest ? 'hit' : 'miss');
      return found;
    } catch (error) {
      const failure = failureOf(error);
      if (failure === undefined) throw error;
      this.#failed.set(key, failure);
      if (failure !== 'missing') return this.#stale(own, key, name, failure);
      // History still tells what it meant, and a rollback brings it back for who wants it.
      await this.#storage.removeManifest(repository, reference, byOf(name));
      throw problemOf(failure, upstream.name, 'MANIFEST_UNKNOWN');
    }
  }

  async #fetch(
    key: string,
    repository: string,
    reference: string,
    name: MirroredName,
  ): Promise<StoredManifest> {
    const { upstream, missingLife, figures } = name.place;
    figures.count('manifest', 'miss');
    const before = this.#failed.get(key, missingLife);
    if (before) throw problemOf(before, upstream.name, 'MANIFEST_UNKNOWN');
    try {
      return await this.#asked.do(key, () =>
        upstream.ask(async () => {
          const found = await upstream.repository(name.remote).getManifest(reference);
          return this.#keep(repository, found, reference, name);
        }),
      );
    } catch (error) {
      const failure = failureOf(error);
      if (failure === undefined) throw error;
      if (failure === 'missing' || failure === 'denied') this.#failed.set(key, failure);
      throw problemOf(failure, upstream.name, 'MANIFEST_UNKNOWN');
    }
  }

  /** Asks whether a tag is what it was: HEAD, which is not counted where pulls are. */
  async #renew(
    key: string,
    repository: string,
    tag: string,
    own: StoredManifest,
    { place, remote }: MirroredName,
  ): Promise<StoredManifest> {
    const there = place.upstream.repository(remote);
    const call = { signal: AbortSignal.timeout(LOOK) };
    const { digest } = await there.resolve(tag, call);
    if (digest === own.digest) {
      this.#right.set(key, digest);
      return own;
    }
    const found = (await this.#here(repository, digest)) ?? (await there.getManifest(digest, call));
    return this.#keep(repository, found, tag, { place, remote });
  }

  async #here(repository: string, digest: Digest): Promise<RemoteManifest | undefined> {
    const row = await this.#storage.manifest(repository, digest);
    const body = row && (await this.#storage.manifestBody(repository, digest));
    return body && { descriptor: { ...row, digest }, bytes: Buffer.from(body) };
  }

  /** Puts a manifest into the storage; its parts are not there, and come when they are asked for. */
  async #keep(
    repository: string,
    { descriptor: { digest, mediaType }, bytes: body }: RemoteManifest,
    reference: string,
    name: MirroredName,
  ): Promise<StoredManifest> {
    const checked = checkManifest(body, mediaType);
    for (const need of checked.needs) this.sizes.set(`${repository}@${need.digest}`, need.size);
    const size = body.length;
    const obstacle = await this.#storage.putManifest(repository, {
      digest,
      mediaType: checked.mediaType,
      body,
      tags: isDigest(reference) ? [] : [reference],
      needs: [],
      names: checked.names,
      referrer: referrerOf(checked, { digest, size }),
      by: byOf(name),
      mirrored: `${name.place.upstream.place.registry}/${name.remote}`,
    });
    const isFixed = obstacle !== undefined && typeof obstacle === 'object' && 'fixed' in obstacle;
    if (obstacle !== undefined && !isFixed) throw new Error('a mirrored manifest was refused');
    const own = isFixed ? await this.#storage.manifest(repository, reference) : undefined;
    const row = own ?? { digest, mediaType: checked.mediaType, size };
    if (!isDigest(reference)) this.#right.set(`${repository}:${reference}`, row.digest);
    return row;
  }

  /** What is here, with a word about its age. Throws Problem when it is too old. */
  #stale(
    own: StoredManifest,
    key: string,
    { place: { upstream, staleLife, figures } }: MirroredName,
    failure: Failure,
  ): StoredManifest {
    // What was right before this process began was so at its beginning, for want of a better word.
    const since = this.#right.since(key) ?? this.#started;
    if (this.#clock.now().getTime() - since >= staleLife) {
      throw problemOf(failure, upstream.name, 'MANIFEST_UNKNOWN');
    }
    figures.count('manifest', 'stale');
    const isKnown = this.#right.get(key, FOR_EVER) !== undefined;
    const when = isKnown ? ` of ${new Date(since).toISOString()}` : '';
    return { ...own, warning: `${upstream.name} cannot be asked: this is its answer${when}` };
  }
}

/** Who changes a tag that is mirrored, as its history has it. No user is called so. */
function byOf({ place }: MirroredName): string {
  return `mirror:${place.upstream.name}`;
}

/** A problem as it is; other errors as clients are told of them. */
export function blobProblem(error: unknown, upstream: string): unknown {
  const failure = error instanceof Problem ? undefined : failureOf(error);
  return failure === undefined ? error : problemOf(failure, upstream, 'BLOB_UNKNOWN');
}

import type { Clock } from '../../base/clock.ts';
import type { Digest } from '../../oci/digest.ts';
import { BLOB_LIMIT } from '../../oci/limits.ts';
import type { OpenBlob, RegistryStorage } from '../storage.ts';
import { type Failure, failureOf, problemOf } from './failure.ts';
import { Flight } from './flight.ts';
import { Known, Together } from './known.ts';
import { blobProblem } from './manifests.ts';
import type { MirroredName } from './places.ts';

/** Blobs of upstreams: each is fetched once, when the first client wants its bytes. */
export class MirroredBlobs implements AsyncDisposable {
  readonly #storage: RegistryStorage;
  readonly #flights = new Map<string, Flight>();
  readonly #failed: Known<Failure>;
  readonly #sizes: Known<number>;
  readonly #asked = new Together<number>();

  /** `sizes` are by `repository@digest`. */
  constructor(storage: RegistryStorage, clock: Clock, sizes: Known<number>) {
    this.#storage = storage;
    this.#failed = new Known(clock);
    this.#sizes = sizes;
  }

  /** Without asking for its bytes. Throws Problem. */
  async open(repository: string, digest: Digest, name: MirroredName): Promise<OpenBlob> {
    const own = await this.#storage.openBlob(repository, digest);
    if (own) {
      name.place.figures.count('blob', 'hit');
      return own;
    }
    const size = await this.#size(repository, digest, name);
    let source: OpenBlob | undefined;
    return {
      size,
      ready: async () => {
        // It may have come since.
        source ??= await this.#storage.openBlob(repository, digest);
        source ??= this.#join(repository, digest, size, name);
        await source.ready?.();
      },
      read: (start, end) => {
        if (!source) throw new Error('a blob is read before it is ready');
        return source.read(start, end);
      },
      close: () => source?.close(),
    };
  }

  async #size(repository: string, digest: Digest, name: MirroredName): Promise<number> {
    const { upstream, missingLife } = name.place;
    const key = `${repository}@${digest}`;
    const failure = this.#failed.get(key, missingLife);
    if (failure) throw problemOf(failure, upstream.name, 'BLOB_UNKNOWN');
    const known = this.#flights.get(key)?.size ?? this.#sizes.get(key, Infinity);
    if (known !== undefined) return known;
    try {
      const size = await this.#asked.do(key, () =>
        upstream.ask(() => upstream.blobSize(name.remote, digest)),
      );
      if (size > BLOB_LIMIT) throw problemOf('wrong', upstream.name, 'BLOB_UNKNOWN');
      this.#sizes.set(key, size);
      return size;
    } catch (error) {
      this.#remember(key, error);
      throw blobProblem(error, upstream.name);
    }
  }

  #join(repository: string, digest: Digest, size: number, name: MirroredName): OpenBlob {
    name.place.figures.count('blob', 'miss');
    const flight = this.#flight(repository, digest, size, name);
    const client = flight.enter();
    return {
      size,
      ready: () =>
        flight.begun().catch((error: unknown) => {
          throw blobProblem(error, name.place.upstream.name);
        }),
      read: (start, end) => flight.read(start, end),
      close: () => client[Symbol.dispose](),
    };
  }

  #flight(repository: string, digest: Digest, size: number, name: MirroredName): Flight {
    const key = `${repository}@${digest}`;
    const { upstream } = name.place;
    let flight = this.#flights.get(key);
    if (flight) return flight;
    const node = { mediaType: 'application/octet-stream', digest, size };
    flight = new Flight({
      storage: this.#storage,
      repository,
      digest,
      size,
      label: upstream.name,
      open: (signal) => upstream.repository(name.remote).getBlob(node, { signal }),
      onBytes: (count) => {
        name.place.figures.bytes += count;
      },
      onFailure: (error) => {
        this.#remember(key, error);
        // What was said of its size may be what is wrong.
        this.#sizes.delete(key);
        upstream.failed(error);
      },
    });
    this.#flights.set(key, flight);
    void flight.done.then(() => this.#flights.delete(key));
    return flight;
  }

  #remember(key: string, error: unknown): void {
    const failure = failureOf(error);
    if (failure === 'missing' || failure === 'denied') this.#failed.set(key, failure);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const flights = [...this.#flights.values()];
    for (const flight of flights) flight.abort();
    await Promise.all(flights.map(({ done }) => done));
  }
}

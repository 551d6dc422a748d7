import type { Clock } from '../../base/clock.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { RegistryError } from '../../registry/errors.ts';
import { isTag } from '../names.ts';
import type { Page, Referrer, ReferrerPage, RegistryStorage } from '../storage.ts';
import { failureOf, problemOf } from './failure.ts';
import { Known, Together } from './known.ts';
import type { MirroredName } from './places.ts';

/** Lists that are remembered, and the most names in one. */
const LISTS = 200;
const TAG_LIMIT = 200_000;
/** Where the places of referrers that are here begin, after those of the upstream. */
const OWN = 1_000_000_000;

/** Lists of upstreams, together with what is here. */
export class MirroredLists {
  readonly #storage: RegistryStorage;
  readonly #tags: Known<readonly string[] | 'none'>;
  readonly #referrers: Known<readonly Descriptor[]>;
  readonly #askedTags = new Together<readonly string[] | 'none'>();
  readonly #askedReferrers = new Together<readonly Descriptor[]>();

  constructor(storage: RegistryStorage, clock: Clock) {
    this.#storage = storage;
    this.#tags = new Known(clock, LISTS);
    this.#referrers = new Known(clock, LISTS);
  }

  /** False when the upstream says that there is none. Throws Problem. */
  async hasRepository(repository: string, name: MirroredName): Promise<boolean> {
    if ((await this.#tagsOf(repository, name)) !== 'none') return true;
    return this.#storage.hasRepository(repository);
  }

  /** All tags of the upstream; while it cannot be asked, those that are here. */
  async tags(repository: string, page: Page, name: MirroredName): Promise<readonly string[]> {
    const all = await this.#tagsOf(repository, name);
    if (all === undefined || all === 'none') return this.#storage.tags(repository, page);
    const { after, limit } = page;
    const start = after === undefined ? 0 : all.findIndex((tag) => tag > after);
    return start < 0 ? [] : all.slice(start, start + limit);
  }

  /** Those of the upstream, then those that only this registry has. */
  async referrers(
    repository: string,
    subject: Digest,
    page: ReferrerPage,
    name: MirroredName,
  ): Promise<Iterable<Referrer>> {
    const there = await this.#referrersOf(repository, subject, name);
    const rest = { ...page, after: Math.max(0, page.after - OWN) };
    const here = await this.#storage.referrers(repository, subject, rest);
    return merged(there, here, page);
  }

  /** Undefined when it cannot be asked and something is here. */
  async #tagsOf(
    repository: string,
    { place, remote }: MirroredName,
  ): Promise<readonly string[] | 'none' | undefined> {
    const { upstream, tagLife, missingLife } = place;
    const known = this.#tags.get(repository, tagLife);
    if (known && (known !== 'none' || this.#tags.get(repository, missingLife))) return known;
    const isHere = await this.#storage.hasRepository(repository);
    if (isHere && upstream.isDown) return undefined;
    const ask = async (): Promise<readonly string[]> => {
      const tags: string[] = [];
      for await (const tag of upstream.repository(remote).tags()) {
        if (isTag(tag)) tags.push(tag);
        if (tags.length > TAG_LIMIT) throw new RegistryError('there are too many tags to list');
      }
      return [...new Set(tags)].toSorted();
    };
    try {
      const tags = await this.#askedTags.do(repository, () => upstream.ask(ask));
      this.#tags.set(repository, tags);
      return tags;
    } catch (error) {
      const failure = failureOf(error);
      if (failure === undefined) throw error;
      if (failure === 'missing') {
        this.#tags.set(repository, 'none');
        return 'none';
      }
      if (isHere) return undefined;
      throw problemOf(failure, upstream.name, 'NAME_UNKNOWN');
    }
  }

  /** None while it cannot be asked. */
  async #referrersOf(
    repository: string,
    subject: Digest,
    { place: { upstream, tagLife }, remote }: MirroredName,
  ): Promise<readonly Descriptor[]> {
    const key = `${repository}@${subject}`;
    const known = this.#referrers.get(key, tagLife);
    if (known) return known;
    if (upstream.isDown) return [];
    try {
      const found = await this.#askedReferrers.do(key, () =>
        upstream.ask(() => upstream.repository(remote).referrers(subject)),
      );
      this.#referrers.set(key, found);
      return found;
    } catch (error) {
      if (failureOf(error) === undefined) throw error;
      return [];
    }
  }
}

function* merged(
  there: readonly Descriptor[],
  here: Iterable<Referrer>,
  { after, artifactType }: ReferrerPage,
): Generator<Referrer, void> {
  for (const [at, one] of there.entries()) {
    const isAsked = artifactType === undefined || one.artifactType === artifactType;
    if (at + 1 > after && isAsked) yield { place: at + 1, descriptor: JSON.stringify(one) };
  }
  const known = new Set<string>(there.map(({ digest }) => digest));
  for (const { place, descriptor } of here) {
    const { digest } = JSON.parse(descriptor) as { digest: string };
    if (!known.has(digest)) yield { place: OWN + place, descriptor };
  }
}

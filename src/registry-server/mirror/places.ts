import { Problem } from '../errors.ts';
import { isRepositoryName } from '../names.ts';
import { PlaceFigures } from './figures.ts';
import type { MirrorSettings } from './settings.ts';
import type { Upstream } from './upstream.ts';

const TAG_LIFE = 60_000;
const MISSING_LIFE = 30_000;
const STALE_LIFE = 7 * 24 * 3_600_000;

/** An upstream below a prefix. Times are in milliseconds. */
export interface MirrorPlace {
  readonly prefix: string;
  readonly upstream: Upstream;
  /** Registries that clients may name. */
  readonly standsFor: readonly string[];
  readonly tagLife: number;
  readonly missingLife: number;
  readonly staleLife: number;
  readonly figures: PlaceFigures;
}

/** A repository here, and what it is there. */
export interface MirroredName {
  readonly place: MirrorPlace;
  /** `library/alpine`. */
  readonly remote: string;
}

/** Makes a place of settings. */
export function placeOf(settings: MirrorSettings, upstream: Upstream): MirrorPlace {
  return {
    prefix: settings.prefix,
    upstream,
    standsFor: settings.standsFor ?? [upstream.place.registry],
    tagLife: settings.tagLife ?? TAG_LIFE,
    missingLife: settings.missingLife ?? MISSING_LIFE,
    staleLife: settings.staleLife ?? STALE_LIFE,
    figures: new PlaceFigures(),
  };
}

/** Which repositories are whose. */
export class MirrorPlaces {
  readonly #places: readonly MirrorPlace[];

  constructor(places: readonly MirrorPlace[]) {
    // The longest prefix is the one that counts.
    this.#places = places.toSorted((a, b) => b.prefix.length - a.prefix.length);
  }

  /** Undefined for a repository of this registry's own. */
  find(repository: string): MirroredName | undefined {
    for (const place of this.#places) {
      const { prefix, upstream } = place;
      if (prefix === '') return { place, remote: upstream.nameOf(repository) };
      if (repository.startsWith(`${prefix}/`)) {
        return { place, remote: upstream.nameOf(repository.slice(prefix.length + 1)) };
      }
    }
    return undefined;
  }

  /**
   * The repository here that a client means: by the registry that it says it wants (`ns`), and by
   * the full names of Docker's own images. Throws Problem for a registry that is not mirrored, so
   * that the client asks elsewhere and nobody gets what another one calls the same.
   */
  meant(repository: string, ns: string | undefined, own: string | undefined): string {
    const name = ns === undefined || ns === own ? repository : this.#of(ns, repository);
    const found = this.find(name);
    if (!found) return name;
    const { prefix, upstream } = found.place;
    const rest = found.remote.slice(upstream.place.path.length);
    const full = prefix === '' ? rest : `${prefix}/${rest}`;
    return isRepositoryName(full) ? full : name;
  }

  #of(ns: string, repository: string): string {
    const registry = ns === 'registry-1.docker.io' || ns === 'index.docker.io' ? 'docker.io' : ns;
    const fitting = this.#places.flatMap((place) => {
      if (!place.standsFor.includes(registry)) return [];
      // Under another name it is the names of that registry that its repositories have.
      const { place: there } = place.upstream;
      const path = there.registry === registry ? there.path : '';
      return repository.startsWith(path) ? [{ place, path }] : [];
    });
    // Where two mirror parts of it, the one that is about less.
    const [best] = fitting.toSorted((a, b) => b.path.length - a.path.length);
    if (!best) throw new Problem(404, 'NAME_UNKNOWN', 'this registry does not mirror that one');
    const rest = repository.slice(best.path.length);
    const { prefix } = best.place;
    const name = prefix === '' ? rest : `${prefix}/${rest}`;
    if (isRepositoryName(name)) return name;
    throw new Problem(400, 'NAME_INVALID', 'the repository cannot be called so');
  }
}

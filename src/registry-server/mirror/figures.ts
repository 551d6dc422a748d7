import { family, type Sample } from '../metrics/exposition.ts';

/** What a mirror is asked for, and what came of it: it was here, it was fetched, or it is old. */
type Kind = 'manifest' | 'blob';
type Result = 'hit' | 'miss' | 'stale';

/** What was counted of one mirror since the start. */
export class PlaceFigures {
  readonly #requests = new Map<`${Kind} ${Result}`, number>();
  /** Bytes of blobs that came from the upstream. */
  bytes = 0;

  count(kind: Kind, result: Result): void {
    const key = `${kind} ${result}` as const;
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1);
  }

  /** With the labels of each. */
  get samples(): readonly Sample[] {
    return [...this.#requests].map(([key, value]) => {
      const [kind = '', result = ''] = key.split(' ');
      return { labels: { kind, result }, value };
    });
  }
}

/** A mirror as figures tell of it. */
export interface CountedPlace {
  readonly prefix: string;
  readonly upstream: { readonly name: string; readonly isDown: boolean };
  readonly figures: PlaceFigures;
}

/** Figures of all mirrors in the text format of Prometheus. */
export function mirrorText(places: readonly CountedPlace[]): string {
  const labelled = (read: (place: CountedPlace) => readonly Sample[]): Sample[] =>
    places.flatMap((place) => {
      const labels = { prefix: place.prefix, upstream: place.upstream.name };
      return read(place).map((one) => ({ labels: { ...labels, ...one.labels }, value: one.value }));
    });
  const name = 'stave_registry_mirror';
  return [
    family(
      `${name}_requests_total`,
      'counter',
      'What was here, was fetched, or was served though it may be old.',
      labelled(({ figures }) => figures.samples),
    ),
    family(
      `${name}_fetched_bytes_total`,
      'counter',
      'Bytes of blobs that came from upstreams.',
      labelled(({ figures }) => [{ value: figures.bytes }]),
    ),
    family(
      `${name}_down`,
      'gauge',
      'Whether the upstream could not be asked a moment ago.',
      labelled(({ upstream }) => [{ value: Number(upstream.isDown) }]),
    ),
  ].join('');
}

import { familiar, parseReference } from '../../oci/reference.ts';
import type { Store } from '../../store/store.ts';
import type { ImageRow } from '../../store/tables.ts';
import type { RebaseRequest } from '../freshness-types.ts';
import { findImage } from '../images/find.ts';
import type { ImageWithSteps } from '../understand/steps.ts';
import { baseHere, recordedBase } from './base-of.ts';
import { BaseUnknownError } from './errors.ts';

/** Images that may be what another one was made from. */
const CANDIDATES = 1000;

/**
 * What an image stands on: what is said in the request, what the image says itself, or else the
 * image here whose layers it begins with. Throws BaseUnknownError, ImageNotFoundError.
 */
export function oldBaseOf(
  store: Store,
  image: ImageWithSteps,
  request: Pick<RebaseRequest, 'image' | 'base' | 'platform'>,
): ImageRow {
  const { base } = request;
  if (base !== undefined) {
    const row = findImage(store, base, request.platform);
    if (beginsWith(store, image, row)) return row;
    throw new BaseUnknownError(
      `${request.image} was not built on ${base}: its layers begin with others`,
      `'stave history ${request.image}' shows them.`,
    );
  }
  const recorded = recordedBase(store, image.image);
  const here = recorded && baseHere(store, recorded);
  if (here && beginsWith(store, image, here)) return here;
  const guess = longest(store, image);
  if (guess) return guess;
  if (!recorded) {
    throw new BaseUnknownError(
      `${request.image} does not say what it was built on`,
      'Name the base that it has now with --base.',
    );
  }
  const name = wholeName(recorded.name, recorded.digest);
  throw new BaseUnknownError(
    `${request.image} was built on ${name}, which is not here`,
    `'stave pull ${name}' brings it; its layers are here.`,
  );
}

function wholeName(name: string, digest: string | undefined): string {
  if (digest === undefined) return name;
  const { tag: _, digest: __, ...repository } = parseReference(name);
  return `${familiar(repository)}@${digest}`;
}

function beginsWith(store: Store, { layers }: ImageWithSteps, base: ImageRow): boolean {
  const { chain } = base;
  const own = chain === undefined ? [] : store.read((tables) => tables.layers.stack(chain));
  return own !== undefined && own.every(({ diffId }, at) => diffId === layers[at]?.diffId);
}

/** Of the images whose layers this one begins with, the one with the most. */
function longest(store: Store, { image }: ImageWithSteps): ImageRow | undefined {
  const { chain } = image;
  if (chain === undefined) return undefined;
  return store.read((tables) => {
    const chains = (tables.layers.chains(chain) ?? []).filter((one) => one !== chain);
    const depth = (row: ImageRow): number =>
      row.chain === undefined ? -1 : chains.indexOf(row.chain);
    return tables.images
      .onChains(chains, CANDIDATES)
      .filter(({ id }) => id !== image.id)
      .sort((a, b) => depth(b) - depth(a))[0];
  });
}

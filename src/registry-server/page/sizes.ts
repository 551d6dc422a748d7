import { breather } from '../../base/limit.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Exchange } from '../answer.ts';
import type { Sizes } from './api-types.ts';
import { imagesOf, type Summaries, type Summary } from './summaries.ts';

/** Tags whose images are looked at; fewer where each look is a request to somewhere else. */
const TAGS = 1000;
const TAGS_FAR = 100;
/** Blobs that are named as shared. */
const SHARED = 5000;

/** What the images of a repository take, together and apart. */
export async function sizesOf(
  { access, caller }: Exchange,
  summaries: Summaries,
  repository: string,
): Promise<Sizes> {
  const { storage } = summaries;
  const limit = storage.history ? TAGS : TAGS_FAR;
  const tags = await storage.tags(repository, { after: undefined, limit: limit + 1 });
  const images = new Map<Digest, Summary>();
  const breathe = breather();
  for (const tag of tags.slice(0, limit)) {
    const stored = await storage.manifest(repository, tag);
    const summary = stored && (await summaries.of(repository, stored));
    for (const image of summary ? imagesOf(summary) : []) images.set(image.digest, image);
    await breathe();
  }
  const blobs = new Map<Digest, { readonly size: number; uses: number }>();
  let apart = 0;
  for (const { blobs: own } of images.values()) {
    for (const [digest, size] of own) {
      const known = blobs.get(digest) ?? { size, uses: 0 };
      known.uses += 1;
      blobs.set(digest, known);
      apart += size;
    }
  }
  const shared = [...blobs].filter(([, { uses }]) => uses > 1).slice(0, SHARED);
  // That somebody else has a blob is nothing for those who may not see them.
  const holders = access.seesAll(caller) ? storage.holders?.bind(storage) : undefined;
  const elsewhere = [...blobs].filter(([digest]) => (holders?.(digest) ?? 0) > 1);
  return {
    images: images.size,
    stored: sum([...blobs.values()]),
    apart,
    ...(holders && { elsewhere: sum(elsewhere.map(([, one]) => one)) }),
    shared: Object.fromEntries(shared.map(([digest, { uses }]) => [digest, uses])),
    isCut: tags.length > limit,
  };
}

function sum(blobs: readonly { readonly size: number }[]): number {
  return blobs.reduce((total, { size }) => total + size, 0);
}

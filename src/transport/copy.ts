import { collect, once } from '../base/bytes.ts';
import { InvalidInputError } from '../base/errors.ts';
import { limiter, together } from '../base/limit.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { DOCUMENT_LIMIT } from '../oci/limits.ts';
import { childrenOf, isParent } from './children.ts';
import { moveBlob, opened, sided } from './move-blob.ts';
import type { Destination, Source } from './transport.ts';

/** Indexes inside indexes, and nodes of one graph: real images have 2 levels and some hundred nodes. */
const DEPTH_LIMIT = 8;
const NODE_LIMIT = 10_000;

/** How to copy. */
export interface CopyOptions extends CallOptions {
  /** Which children of an index to follow. All of them by default. */
  readonly select?: (child: Descriptor) => boolean;
  /** Blobs that move at the same time; 3 by default. */
  readonly concurrency?: number;
  /** Blobs that have gone ahead, or are on their way, by `moveBlob`. */
  readonly moved?: Map<Digest, Promise<void>>;
}

/**
 * Moves the graph under the source's root to the destination: the one verb behind pull,
 * push, save, load and mirror. Returns the root.
 *
 * Every node is checked against its descriptor on the way through, moves at most once
 * however often it is referenced, and arrives before anything that points at it, so a
 * destination never holds a manifest with missing parts.
 *
 * Throws DigestMismatchError, InvalidInputError for a bad or too large graph, and
 * TransferError for a system error, which says the side that failed.
 */
export async function copy(
  from: Source,
  to: Destination,
  options: CopyOptions = {},
): Promise<Descriptor> {
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const call: CallOptions = { ...options, signal };
  const select = options.select ?? (() => true);
  const run = limiter(options.concurrency ?? 3);
  const moved = options.moved ?? new Map<Digest, Promise<void>>();

  const move = (node: Descriptor, depth: number): Promise<void> => {
    const known = moved.get(node.digest);
    if (known) return known;
    const job = isParent(node)
      ? moveParent(node, depth)
      : run(() => moveBlob(node, { from, to }, call));
    moved.set(node.digest, job);
    return job;
  };

  const moveParent = async (node: Descriptor, depth: number): Promise<void> => {
    signal.throwIfAborted();
    if (moved.size > NODE_LIMIT) throw tooLarge(from, `more than ${NODE_LIMIT} parts`);
    if (depth > DEPTH_LIMIT) throw tooLarge(from, `more than ${DEPTH_LIMIT} levels`);
    if (node.size > DOCUMENT_LIMIT) throw tooLarge(from, `a manifest of ${node.size} bytes`);
    const body = await run(async () => collect(await opened(node, from, call), DOCUMENT_LIMIT));
    const wanted = childrenOf(node, body).filter((child) => !isParent(child) || select(child));
    await together(
      wanted.map((child) => move(child, depth + 1)),
      stop,
    );
    await run(() => writing(() => to.put(node, once(body), call)));
  };

  const writing = <T>(job: () => Promise<T>): Promise<T> => sided('destination', to.label, job);

  const root = await sided('source', from.label, () => from.root(call));
  await move(root, 1);
  await writing(() => to.commit(root, call));
  return root;
}

function tooLarge(from: Source, what: string): InvalidInputError {
  return new InvalidInputError(`the image in ${from.label} has ${what}`);
}

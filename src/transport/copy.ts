import { type Bytes, collect, once } from '../base/bytes.ts';
import { InvalidInputError } from '../base/errors.ts';
import { limiter, together } from '../base/limit.ts';
import { type CallOptions, ofTask, type Outcome } from '../base/progress.ts';
import { reporter } from '../base/reporter.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type Digest, digestOf } from '../oci/digest.ts';
import { DOCUMENT_LIMIT } from '../oci/limits.ts';
import { verified } from '../oci/verified.ts';
import { childrenOf, isConfig, isParent } from './children.ts';
import { TransferError } from './errors.ts';
import type { Destination, FetchOptions, Mounted, Source } from './transport.ts';

/** Indexes inside indexes, and nodes of one graph: real images have 2 levels and some hundred nodes. */
const DEPTH_LIMIT = 8;
const NODE_LIMIT = 10_000;

/** How to copy. */
export interface CopyOptions extends CallOptions {
  /** Which children of an index to follow. All of them by default. */
  readonly select?: (child: Descriptor) => boolean;
  /** Blobs that move at the same time; 3 by default. */
  readonly concurrency?: number;
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
  const report = reporter(options.progress);
  const moved = new Map<Digest, Promise<void>>();

  const move = (node: Descriptor, depth: number): Promise<void> => {
    const known = moved.get(node.digest);
    if (known) return known;
    const job = isParent(node) ? moveParent(node, depth) : run(() => moveBlob(node));
    moved.set(node.digest, job);
    return job;
  };

  const moveParent = async (node: Descriptor, depth: number): Promise<void> => {
    signal.throwIfAborted();
    if (moved.size > NODE_LIMIT) throw tooLarge(from, `more than ${NODE_LIMIT} parts`);
    if (depth > DEPTH_LIMIT) throw tooLarge(from, `more than ${DEPTH_LIMIT} levels`);
    if (node.size > DOCUMENT_LIMIT) throw tooLarge(from, `a manifest of ${node.size} bytes`);
    const body = await run(async () => collect(await open(node), DOCUMENT_LIMIT));
    const wanted = childrenOf(node, body).filter((child) => !isParent(child) || select(child));
    await together(
      wanted.map((child) => move(child, depth + 1)),
      stop,
    );
    await run(() => put(node, once(body)));
  };

  const moveBlob = async (node: Descriptor): Promise<void> => {
    signal.throwIfAborted();
    using task = report.begin(node.digest, {
      // A config is too small to be told of.
      ...(!isConfig(node) && { kind: 'transfer' }),
      total: node.size,
      unit: 'bytes',
    });
    const own = { ...call, progress: ofTask(call.progress, task.id) };
    const fetching = to.passing === true ? { ...own, passing: true } : own;
    const skipped = await writing(() => skip(node, own));
    if (skipped === undefined) {
      const reopen = async (): Promise<Bytes> => task.count(await open(node, fetching));
      const body = await reopen();
      await writing(() => to.put(node, body, { ...own, reopen }));
    }
    if (typeof skipped === 'object') task.from = skipped.mounted;
    task.outcome = typeof skipped === 'object' ? 'mounted' : (skipped ?? 'done');
  };

  const skip = async (node: Descriptor, own: CallOptions): Promise<Outcome | Mounted | undefined> =>
    (await to.has(node, own)) ? 'exists' : to.adopt?.(node, from, own);

  const open = async (node: Descriptor, options: FetchOptions = call): Promise<Bytes> => {
    const inline = inlineOf(node);
    if (inline) return once(inline);
    return reading(async () =>
      verified(readings(await from.fetch(node, options)), node, from.label),
    );
  };

  const put = (node: Descriptor, body: Bytes): Promise<void> =>
    writing(() => to.put(node, body, call));

  const reading = <T>(job: () => Promise<T>): Promise<T> => sided('source', from.label, job);
  const writing = <T>(job: () => Promise<T>): Promise<T> => sided('destination', to.label, job);

  async function* readings(bytes: Bytes): Bytes {
    try {
      yield* bytes;
    } catch (error) {
      throw told('source', from.label, error);
    }
  }

  const root = await reading(() => from.root(call));
  await move(root, 1);
  await writing(() => to.commit(root, call));
  return root;
}

/** What a descriptor brings itself, where it is what the descriptor says. */
function inlineOf({ data, digest, size }: Descriptor): Buffer | undefined {
  if (data === undefined) return undefined;
  const bytes = Buffer.from(data, 'base64');
  return bytes.length === size && digestOf(bytes) === digest ? bytes : undefined;
}

function tooLarge(from: Source, what: string): InvalidInputError {
  return new InvalidInputError(`the image in ${from.label} has ${what}`);
}

async function sided<T>(
  side: 'source' | 'destination',
  label: string,
  job: () => Promise<T>,
): Promise<T> {
  try {
    return await job();
  } catch (error) {
    throw told(side, label, error);
  }
}

/** Only system errors need the side: errors of ours say what happened, bugs keep their stack. */
function told(side: 'source' | 'destination', label: string, error: unknown): unknown {
  const isSystemError = error instanceof Error && 'syscall' in error;
  return isSystemError ? new TransferError(side, label, error) : error;
}

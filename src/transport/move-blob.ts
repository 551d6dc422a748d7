import { type Bytes, once } from '../base/bytes.ts';
import { type CallOptions, ofTask, type Outcome } from '../base/progress.ts';
import { reporter } from '../base/reporter.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestOf } from '../oci/digest.ts';
import { verified } from '../oci/verified.ts';
import { isConfig } from './children.ts';
import { TransferError } from './errors.ts';
import type { Destination, FetchOptions, Mounted, Source } from './transport.ts';

/** The two ends of a copy. */
export interface Ends {
  readonly from: Source;
  readonly to: Destination;
}

/**
 * Moves one blob, checked against its descriptor, unless the destination has it. Throws what
 * `copy` throws.
 */
export async function moveBlob(
  node: Descriptor,
  { from, to }: Ends,
  call: CallOptions,
): Promise<void> {
  call.signal?.throwIfAborted();
  using task = reporter(call.progress).begin(node.digest, {
    // A config is too small to be told of.
    ...(!isConfig(node) && { kind: 'transfer' }),
    total: node.size,
    unit: 'bytes',
  });
  const own = { ...call, progress: ofTask(call.progress, task.id) };
  const fetching = to.passing === true ? { ...own, passing: true } : own;
  const skip = async (): Promise<Outcome | Mounted | undefined> =>
    (await to.has(node, own)) ? 'exists' : to.adopt?.(node, from, own);
  const skipped = await sided('destination', to.label, skip);
  if (skipped === undefined) {
    const reopen = async (): Promise<Bytes> => task.count(await opened(node, from, fetching));
    const body = await reopen();
    await sided('destination', to.label, () => to.put(node, body, { ...own, reopen }));
  }
  if (typeof skipped === 'object') task.from = skipped.mounted;
  task.outcome = typeof skipped === 'object' ? 'mounted' : (skipped ?? 'done');
}

/** The bytes of a node, checked against it: where it brings them itself, those. */
export async function opened(
  node: Descriptor,
  from: Source,
  options: FetchOptions,
): Promise<Bytes> {
  const inline = inlineOf(node);
  if (inline) return once(inline);
  async function* readings(bytes: Bytes): Bytes {
    try {
      yield* bytes;
    } catch (error) {
      throw told('source', from.label, error);
    }
  }
  return sided('source', from.label, async () =>
    verified(readings(await from.fetch(node, options)), node, from.label),
  );
}

/** What a descriptor brings itself, where it is what the descriptor says. */
function inlineOf({ data, digest, size }: Descriptor): Buffer | undefined {
  if (data === undefined) return undefined;
  const bytes = Buffer.from(data, 'base64');
  return bytes.length === size && digestOf(bytes) === digest ? bytes : undefined;
}

/** Does a part of a copy; a system error then says the side that failed. */
export async function sided<T>(
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

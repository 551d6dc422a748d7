import type { IncomingMessage } from 'node:http';
import { Problem } from './errors.ts';

/** How often a body is looked at while the time of its silence passes. */
const LOOKS = 4;

/**
 * The pieces of a body, as long as they come: Problem 408 after `silence` milliseconds in which
 * fewer than `slowest` bytes a second came.
 */
export async function* paced(
  request: IncomingMessage,
  { silence, slowest }: { readonly silence: number; readonly slowest: number },
): AsyncGenerator<Uint8Array> {
  const pieces = request.iterator({ destroyOnReturn: false });
  const enough = Math.max(1, (slowest * silence) / 1000);
  let came = 0;
  let looks = 0;
  let isWaiting = false;
  let giveUp: (error: unknown) => void = () => undefined;
  const timer = setInterval(() => {
    // What is not asked for cannot come.
    if (!isWaiting || came >= enough) {
      came = 0;
      looks = 0;
    } else if (++looks >= LOOKS) {
      giveUp(new Problem(408, 'BLOB_UPLOAD_INVALID', 'the body comes too slowly'));
    }
  }, silence / LOOKS);
  timer.unref();
  const next = (): Promise<IteratorResult<unknown>> =>
    new Promise((resolve, reject) => {
      giveUp = reject;
      pieces.next().then(resolve, reject);
    });
  try {
    for (;;) {
      isWaiting = true;
      const piece = await next();
      isWaiting = false;
      if (piece.done) return;
      const chunk = piece.value as Uint8Array;
      came += chunk.length;
      yield chunk;
    }
  } finally {
    clearInterval(timer);
    // Whoever reads the rest shall have it alone. It ends after the piece that is waited for.
    pieces.return?.().catch(() => undefined);
  }
}

import type { ByteSink } from './bytes.ts';

const BATCH = 256 * 1024;
/** Larger pieces are passed on as they are. */
const DIRECT = 64 * 1024;

/** A sink in front of another one that puts small pieces together. `flush` comes last. */
export function batchedSink(sink: ByteSink): {
  readonly write: ByteSink;
  readonly flush: () => void;
} {
  const batch = Buffer.allocUnsafeSlow(BATCH);
  let at = 0;
  const flush = (): void => {
    if (at > 0) sink(batch.subarray(0, at));
    at = 0;
  };
  return {
    flush,
    write(chunk) {
      if (chunk.length > BATCH - at || chunk.length >= DIRECT) flush();
      if (chunk.length >= DIRECT) return sink(chunk);
      batch.set(chunk, at);
      at += chunk.length;
    },
  };
}

import type { Transform } from 'node:stream';
import type * as Zlib from 'node:zlib';
import type { Bytes } from '../base/bytes.ts';

/** Node's zlib, loaded when there is something to compress: most commands never do. */
export function zlib(): typeof Zlib {
  return process.getBuiltinModule('node:zlib');
}

/** What zlib's streams are to us. */
export type Engine = Transform & { readonly bytesWritten: number };

/**
 * Passes `bytes` through one of zlib's streams. The next input is handed over before the last
 * output is given out, so that zlib's thread works while the caller does; but nothing is read
 * ahead when the caller is not waiting, so that leaving leaves nothing behind. When zlib has
 * had enough the rest of `bytes` is read and dropped; `engine.bytesWritten` tells what it took.
 */
export async function* through(engine: Engine, bytes: Bytes): AsyncGenerator<Uint8Array, void> {
  let wake = (): void => {};
  let failure: { readonly reason: unknown } | undefined;
  let ended = false;
  engine.on('readable', () => wake());
  engine.on('end', () => {
    ended = true;
    wake();
  });
  engine.on('error', (reason: unknown) => {
    failure = { reason };
    wake();
  });
  async function* outputUntil(done: () => boolean): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      if (failure) throw failure.reason;
      if (done()) return;
      const event = new Promise<void>((resolve) => (wake = resolve));
      const chunk = engine.read() as Uint8Array | null;
      if (chunk !== null) yield chunk;
      else await event;
    }
  }
  try {
    for await (const chunk of bytes) {
      if (chunk.length === 0 || ended) continue;
      let written = false;
      engine.write(chunk, () => {
        written = true;
        wake();
      });
      yield* outputUntil(() => written || ended);
    }
    engine.end();
    yield* outputUntil(() => ended);
  } finally {
    engine.destroy();
  }
}

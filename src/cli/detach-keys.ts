import { UsageError } from '../base/errors.ts';

/** What Docker takes unless told otherwise. */
export const DETACH_KEYS = 'ctrl-p,ctrl-q';

const CONTROL = /^ctrl-([a-z@[\\\]^_])$/;

/** `ctrl-p,ctrl-q`, `a,b` as bytes; empty text is none. Throws UsageError. */
export function detachKeysOf(text: string): Buffer {
  if (text === '') return Buffer.alloc(0);
  return Buffer.from(
    text.split(',').map((key) => {
      const [, control] = CONTROL.exec(key.toLowerCase()) ?? [];
      if (control !== undefined) return control.toUpperCase().charCodeAt(0) & 0x1f;
      if (key.length === 1) return key.charCodeAt(0);
      throw new UsageError(`invalid detach keys (${text}): Unknown character: '${key}'`);
    }),
  );
}

/** Looks for the keys in what is typed. What may be their beginning is held back. */
export class DetachFilter {
  readonly #keys: Buffer;
  #matched = 0;

  constructor(keys: Buffer) {
    this.#keys = keys;
  }

  /** What to hand on, and whether the keys were typed; nothing behind them is handed on. */
  take(chunk: Uint8Array): { readonly forward: Buffer; readonly detach: boolean } {
    const out: number[] = [];
    if (this.#keys.length === 0) return { forward: Buffer.from(chunk), detach: false };
    for (const byte of chunk) {
      if (byte === this.#keys[this.#matched]) {
        this.#matched += 1;
        if (this.#matched === this.#keys.length) return { forward: Buffer.from(out), detach: true };
        continue;
      }
      out.push(...this.#keys.subarray(0, this.#matched));
      this.#matched = byte === this.#keys[0] ? 1 : 0;
      if (this.#matched === 0) out.push(byte);
    }
    return { forward: Buffer.from(out), detach: false };
  }
}

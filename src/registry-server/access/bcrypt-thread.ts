import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';

/** A password, and the hash that it may have or what one shall cost. */
export type BcryptJob = { readonly id: number; readonly password: string } & (
  | { readonly hash: string }
  | { readonly cost: number }
);

/** What came of a job. */
export interface BcryptResult {
  readonly id: number;
  readonly value: boolean | string;
}

interface Waiting {
  readonly resolve: (value: boolean | string) => void;
  readonly reject: (error: unknown) => void;
}

/** Hashes and checks passwords in a thread, which begins with the first one. */
export class BcryptThread implements Disposable {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #next = 0;

  /** How many passwords are being checked. */
  get pending(): number {
    return this.#waiting.size;
  }

  /** Rejects when the thread ends before it has answered. */
  async check(password: string, hash: string): Promise<boolean> {
    return (await this.#ask((id) => ({ id, password, hash }))) === true;
  }

  /** A hash as `htpasswd -B` writes it; `cost` is the exponent. */
  async hash(password: string, cost: number): Promise<string> {
    const hash = await this.#ask((id) => ({ id, password, cost }));
    // The same by another name, which older servers know.
    return String(hash).replace(/^\$2b\$/, '$2y$');
  }

  [Symbol.dispose](): void {
    void this.#worker?.terminate();
    this.#fail(new Error('the registry ends'));
  }

  #ask(job: (id: number) => BcryptJob): Promise<boolean | string> {
    const worker = this.#started();
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.ref();
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- no window
      worker.postMessage(job(id));
    });
  }

  #started(): Worker {
    if (this.#worker) return this.#worker;
    const threads = process.getBuiltinModule('node:worker_threads');
    const isSource = import.meta.filename.endsWith('.ts');
    // This code may have been bundled into a folder beside its own.
    const folder = isSource ? '.' : '../registry-server/access';
    const program = join(
      import.meta.dirname,
      folder,
      isSource ? 'bcrypt-worker.ts' : 'bcrypt-worker.js',
    );
    const worker = new threads.Worker(program, { stdin: false });
    worker.on('message', ({ id, value }: BcryptResult) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) worker.unref();
      waiting?.resolve(value);
    });
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      this.#fail(new Error('the thread that checks passwords has ended'));
    });
    this.#worker = worker;
    return worker;
  }

  #fail(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';

/** A password and the hash that it may have. */
export interface BcryptJob {
  readonly id: number;
  readonly password: string;
  readonly hash: string;
}

/** What came of a job. */
export interface BcryptResult {
  readonly id: number;
  readonly isRight: boolean;
}

interface Waiting {
  readonly resolve: (isRight: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** Checks passwords in a thread, which begins with the first one. */
export class BcryptThread implements Disposable {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #next = 0;

  /** How many passwords are being checked. */
  get pending(): number {
    return this.#waiting.size;
  }

  /** Rejects when the thread ends before it has answered. */
  check(password: string, hash: string): Promise<boolean> {
    const worker = this.#started();
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.ref();
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- no window
      worker.postMessage({ id, password, hash } satisfies BcryptJob);
    });
  }

  [Symbol.dispose](): void {
    void this.#worker?.terminate();
    this.#fail(new Error('the registry ends'));
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
    worker.on('message', ({ id, isRight }: BcryptResult) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) worker.unref();
      waiting?.resolve(isRight);
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

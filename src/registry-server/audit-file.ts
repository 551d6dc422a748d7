import { closeSync, openSync } from 'node:fs';
import { writeAll } from '../sys/write-all.ts';

/** A log that is added to, for its owner to read. */
export class AuditFile implements Disposable {
  readonly #path: string;
  #fd: number;

  /** Makes the file when there is none. Throws system errors. */
  constructor(path: string) {
    this.#path = path;
    this.#fd = openSync(path, 'a', 0o600);
  }

  /** Adds a line. Throws system errors. */
  write(line: string): void {
    writeAll(this.#fd, Buffer.from(`${line}\n`));
  }

  /** Goes on in another file of that name: the one so far has been put away. */
  reopen(): void {
    const fd = openSync(this.#path, 'a', 0o600);
    closeSync(this.#fd);
    this.#fd = fd;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

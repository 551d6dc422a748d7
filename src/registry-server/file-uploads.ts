import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { isErrno } from '../base/errors.ts';
import type { Digest } from '../oci/digest.ts';
import type { Content } from './content.ts';
import { emptyHash, FileUpload, type RunningHash } from './file-upload.ts';
import type { RegistryPaths } from './paths.ts';
import type { Upload } from './storage.ts';

/** Hashes of open uploads that are kept; the bytes of others are read again at their end. */
const HASH_LIMIT = 1000;

/** Gives a repository the file at a path, whose bytes are verified and on the disk. */
type Commit = (file: string, repository: string, digest: Digest) => Promise<void>;

/** Uploads as files. */
export class FileUploads {
  readonly #paths: RegistryPaths;
  readonly #content: Content;
  readonly #commit: Commit;
  /** Uploads that a request is working on. */
  readonly #busy = new Set<string>();
  readonly #hashes = new Map<string, RunningHash>();

  constructor(paths: RegistryPaths, content: Content, commit: Commit) {
    this.#paths = paths;
    this.#content = content;
    this.#commit = commit;
  }

  /** Begins one and gives its name. */
  start(repository: string, algorithm: 'sha256' | 'sha512'): string {
    const id = randomUUID();
    const path = this.#paths.upload(repository, id);
    let fd: number;
    try {
      fd = openSync(path, 'wx', 0o644);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
      mkdirSync(this.#paths.uploadsOf(repository), { recursive: true });
      fd = openSync(path, 'wx', 0o644);
    }
    closeSync(fd);
    this.#keepHash(path, emptyHash(algorithm));
    return id;
  }

  open(repository: string, id: string): Upload | 'busy' | undefined {
    const path = this.#paths.upload(repository, id);
    if (this.#busy.has(path)) return 'busy';
    let upload: Upload;
    try {
      upload = new FileUpload(path, this.#hashes.get(path), {
        isKnown: (digest) => this.#content.isKnown(digest),
        hold: (digest) => this.#content.hold(digest),
        commit: (file, digest) => this.#commit(file, repository, digest),
        closed: (running) => {
          this.#busy.delete(path);
          this.#keepHash(path, running);
        },
      });
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
    this.#hashes.delete(path);
    this.#busy.add(path);
    return upload;
  }

  /** Bytes kept so far. */
  offset(repository: string, id: string): number | undefined {
    return statSync(this.#paths.upload(repository, id), { throwIfNoEntry: false })?.size;
  }

  isBusy(path: string): boolean {
    return this.#busy.has(path);
  }

  /** Removes an upload that nobody works on. */
  forget(path: string): void {
    this.#hashes.delete(path);
    rmSync(path, { force: true });
  }

  #keepHash(path: string, running: RunningHash | undefined): void {
    if (!running) return;
    this.#hashes.set(path, running);
    const [oldest] = this.#hashes.keys();
    if (this.#hashes.size > HASH_LIMIT && oldest !== undefined) this.#hashes.delete(oldest);
  }
}

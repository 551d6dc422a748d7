import { readFileSync, statSync } from 'node:fs';
import { InvalidInputError } from '../../base/errors.ts';
import type { TlsMaterial } from '../server.ts';

/** Where what TLS is spoken with is kept, in PEM. */
export interface TlsFiles {
  /** The certificate and those that lead to its authority. */
  readonly cert: string;
  readonly key: string;
  /** Authorities of clients, whose certificates are asked for then. */
  readonly clientCa?: string | undefined;
  /** Clients without a certificate are turned away. */
  readonly requireClient?: boolean | undefined;
}

/** How often files are looked at, in milliseconds. */
const INTERVAL = 2000;

/** Reads the files. Throws InvalidInputError. */
export function readTls({ cert, key, clientCa, requireClient }: TlsFiles): TlsMaterial {
  return {
    cert: content(cert),
    key: content(key),
    clientCa: clientCa === undefined ? undefined : content(clientCa),
    requireClient,
  };
}

/**
 * Hands over what the files hold whenever one of them has changed, until it is disposed of.
 * `look` does so at once.
 */
export class WatchedTls implements Disposable {
  readonly #files: TlsFiles;
  readonly #use: (material: TlsMaterial) => void;
  readonly #onFailure: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  #state: string;

  constructor(
    files: TlsFiles,
    use: (material: TlsMaterial) => void,
    onFailure: (error: unknown) => void,
  ) {
    this.#files = files;
    this.#use = use;
    this.#onFailure = onFailure;
    this.#state = stateOf(files);
    this.#timer = setInterval(() => this.look(), INTERVAL);
    this.#timer.unref();
  }

  /** Files that are being replaced may not fit each other yet: the next change is looked at too. */
  look(): void {
    const state = stateOf(this.#files);
    if (state === this.#state) return;
    this.#state = state;
    try {
      this.#use(readTls(this.#files));
    } catch (error) {
      this.#onFailure(error);
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

function stateOf({ cert, key, clientCa }: TlsFiles): string {
  return [cert, key, clientCa ?? cert]
    .map((path) => {
      const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
      return stat ? `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}` : 'none';
    })
    .join(' ');
}

function content(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new InvalidInputError(`cannot read ${path}`, { cause: error });
  }
}

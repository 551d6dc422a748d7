import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { InvalidInputError } from '../../base/errors.ts';
import type { TokenKey } from './jwt.ts';
import { thumbprint } from './token-keys.ts';

/** How long a key signs, and how long it verifies afterwards; in milliseconds. */
const SIGNS = 90 * 24 * 3600 * 1000;
const VERIFIES = 91 * 24 * 3600 * 1000;
/** How often the folder is looked at for keys of others, in milliseconds. */
const LOOK = 1000;
const FILE = /^(\d{1,15})-[0-9a-f]{8}\.pem$/;

interface SigningKey {
  readonly id: string;
  /** In milliseconds since 1970. */
  readonly made: number;
  readonly file: string;
  readonly secret: KeyObject;
  readonly public: TokenKey;
}

/**
 * The keys that tokens are signed with, in a folder for the owner alone. A new one is made every
 * 90 days; registries that share the folder know each other's.
 */
export class SigningKeys {
  readonly #folder: string;
  readonly #clock: Clock;
  #keys: readonly SigningKey[];
  #looked: number;

  /** Throws InvalidInputError for keys that others may read, and system errors. */
  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    this.#keys = readKeys(folder);
    this.#looked = clock.now().getTime();
    this.#rotate();
  }

  /** What signs now. */
  get current(): { readonly id: string; readonly secret: KeyObject } {
    this.#rotate();
    return newest(this.#keys);
  }

  /** What verifies; asked for a key that it does not know, it looks whether there is a new one. */
  verifying(id: string | undefined): readonly TokenKey[] {
    const isKnown = (): boolean => this.#keys.some((key) => key.id === id);
    const now = this.#clock.now().getTime();
    if (!isKnown() && Math.abs(now - this.#looked) >= LOOK) {
      this.#looked = now;
      this.#keys = readKeys(this.#folder);
    }
    return this.#keys.map((key) => key.public);
  }

  #rotate(): void {
    const now = this.#clock.now().getTime();
    const last = this.#keys.at(-1);
    if (last && last.made + SIGNS > now) return;
    for (const { made, file } of this.#keys) {
      if (made + SIGNS + VERIFIES < now) rmSync(file, { force: true });
    }
    makeKey(this.#folder, now);
    this.#keys = readKeys(this.#folder);
  }
}

function newest(keys: readonly SigningKey[]): SigningKey {
  const key = keys.at(-1);
  if (!key) throw new Error('there is no key for tokens');
  return key;
}

function makeKey(folder: string, now: number): void {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = `${now}-${randomBytes(4).toString('hex')}.pem`;
  const unfinished = join(folder, `.${name}`);
  writeFileSync(unfinished, privateKey.export({ type: 'pkcs8', format: 'pem' }), {
    mode: 0o600,
    flush: true,
  });
  renameSync(unfinished, join(folder, name));
}

/** From the oldest to the newest. */
function readKeys(folder: string): readonly SigningKey[] {
  return readdirSync(folder)
    .flatMap((name) => {
      const [, made] = FILE.exec(name) ?? [];
      return made === undefined ? [] : [readKey(join(folder, name), Number(made))];
    })
    .toSorted((a, b) => a.made - b.made || (a.file < b.file ? -1 : 1));
}

function readKey(file: string, made: number): SigningKey {
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new InvalidInputError(`others than its owner may read the key ${file}`, {
      hint: 'Remove it: another one is made, and whoever has signed in does so again.',
    });
  }
  try {
    const secret = createPrivateKey(readFileSync(file));
    const key = createPublicKey(secret);
    const id = thumbprint(key);
    return { id, made, file, secret, public: { algorithm: 'ES256', key, ids: [id] } };
  } catch (error) {
    throw new InvalidInputError(`the key ${file} cannot be read`, { cause: error });
  }
}

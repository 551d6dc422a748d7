import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { InvalidInputError } from '../../base/errors.ts';
import { SshReader, sshNumber, sshString } from './wire.ts';

/** A private key as an agent offers it. */
export interface SshKey {
  /** The public key as the protocol writes it. */
  readonly blob: Buffer;
  readonly comment: string;
  /** The signature as the protocol writes it; `flags` choose the hash for RSA. */
  sign(data: Uint8Array, flags: number): Buffer;
}

const MAGIC = Buffer.from('openssh-key-v1\0');
const OPENSSH = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END OPENSSH PRIVATE KEY-----/;
const RSA_SHA2_256 = 2;
const RSA_SHA2_512 = 4;
/** SSH's name of a curve, that of JSON web keys, and the hash that goes with it. */
const CURVES = [
  { name: 'nistp256', jwk: 'P-256', hash: 'sha256' },
  { name: 'nistp384', jwk: 'P-384', hash: 'sha384' },
  { name: 'nistp521', jwk: 'P-521', hash: 'sha512' },
] as const;

/**
 * Reads an unencrypted private key: OpenSSH's own form or PEM; RSA, ECDSA or Ed25519. Throws
 * InvalidInputError that names `file`.
 *
 * @see https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.key
 */
export function readSshKey(text: string, file: string): SshKey {
  try {
    const body = OPENSSH.exec(text)?.[1];
    if (body === undefined) return keyOf(createPrivateKey(text), file);
    return openSsh(Buffer.from(body, 'base64'), file);
  } catch (error) {
    if (error instanceof InvalidInputError) throw error;
    if (isEncrypted(error)) throw encrypted(file);
    throw new InvalidInputError(`${file} is not a private key that can be used`, {
      hint: 'RSA, ECDSA and Ed25519 keys can; an agent (--ssh default) can use others.',
      cause: error,
    });
  }
}

function isEncrypted(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return (
    code === 'ERR_MISSING_PASSPHRASE' ||
    /interrupted or cancelled|bad decrypt/i.test(String(message))
  );
}

function encrypted(file: string): InvalidInputError {
  return new InvalidInputError(`${file} is protected by a passphrase`, {
    hint: 'Add it to an agent with ssh-add, and forward that with --ssh default.',
  });
}

function openSsh(bytes: Buffer, file: string): SshKey {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new RangeError('not an OpenSSH key');
  const outer = new SshReader(bytes.subarray(MAGIC.length));
  if (outer.text() !== 'none') throw encrypted(file);
  outer.string();
  outer.string();
  if (outer.uint32() !== 1) throw new RangeError('more than one key');
  outer.string();
  const inner = new SshReader(outer.string());
  if (inner.uint32() !== inner.uint32()) throw new RangeError('damaged');
  const { key, comment } = privatePart(inner);
  return keyOf(key, comment);
}

function privatePart(reader: SshReader): { key: KeyObject; comment: string } {
  const type = reader.text();
  const jwk = webKey(type, reader);
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  return { key, comment: reader.text() };
}

function webKey(type: string, reader: SshReader): Record<string, string> {
  const url = (bytes: Buffer): string => bytes.toString('base64url');
  if (type === 'ssh-ed25519') {
    const x = reader.string();
    const pair = reader.string();
    return { kty: 'OKP', crv: 'Ed25519', x: url(x), d: url(pair.subarray(0, 32)) };
  }
  if (type === 'ssh-rsa') {
    const [n, e, d, qi, p, q] = Array.from({ length: 6 }, () => reader.number());
    const exponent = big(d!);
    const part = (prime: Buffer): string => url(bytesOf(exponent % (big(prime) - 1n)));
    return {
      kty: 'RSA',
      n: url(n!),
      e: url(e!),
      d: url(d!),
      p: url(p!),
      q: url(q!),
      dp: part(p!),
      dq: part(q!),
      qi: url(qi!),
    };
  }
  const curve = CURVES.find(({ name }) => type === `ecdsa-sha2-${name}`);
  if (!curve) throw new RangeError(`a key of the type ${type}`);
  reader.string();
  const point = reader.string();
  const half = (point.length - 1) / 2;
  const d = reader.number();
  return {
    kty: 'EC',
    crv: curve.jwk,
    x: url(point.subarray(1, 1 + half)),
    y: url(point.subarray(1 + half)),
    d: url(Buffer.concat([Buffer.alloc(Math.max(0, half - d.length)), d])),
  };
}

function big(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex') || '0'}`);
}

function bytesOf(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

function keyOf(key: KeyObject, comment: string): SshKey {
  const jwk = createPublicKey(key).export({ format: 'jwk' });
  const bytes = (field: string | undefined): Buffer => Buffer.from(field ?? '', 'base64url');
  if (jwk.kty === 'OKP' && jwk.crv === 'Ed25519') {
    const blob = Buffer.concat([sshString('ssh-ed25519'), sshString(bytes(jwk.x))]);
    const signature = (data: Uint8Array): Buffer =>
      Buffer.concat([sshString('ssh-ed25519'), sshString(sign(null, data, key))]);
    return { blob, comment, sign: signature };
  }
  if (jwk.kty === 'RSA') {
    const blob = Buffer.concat([
      sshString('ssh-rsa'),
      sshNumber(bytes(jwk.e)),
      sshNumber(bytes(jwk.n)),
    ]);
    return { blob, comment, sign: (data, flags) => rsaSignature(key, data, flags) };
  }
  const curve = CURVES.find((one) => one.jwk === jwk.crv);
  if (jwk.kty !== 'EC' || !curve) throw new RangeError(`a key of the type ${jwk.kty}`);
  const type = `ecdsa-sha2-${curve.name}`;
  const point = Buffer.concat([Buffer.from([4]), bytes(jwk.x), bytes(jwk.y)]);
  const blob = Buffer.concat([sshString(type), sshString(curve.name), sshString(point)]);
  const signature = (data: Uint8Array): Buffer => {
    const pair = sign(curve.hash, data, { key, dsaEncoding: 'ieee-p1363' });
    const half = pair.length / 2;
    const numbers = [sshNumber(pair.subarray(0, half)), sshNumber(pair.subarray(half))];
    return Buffer.concat([sshString(type), sshString(Buffer.concat(numbers))]);
  };
  return { blob, comment, sign: signature };
}

function rsaSignature(key: KeyObject, data: Uint8Array, flags: number): Buffer {
  const [type, hash] =
    (flags & RSA_SHA2_512) !== 0
      ? ['rsa-sha2-512', 'sha512']
      : (flags & RSA_SHA2_256) !== 0
        ? ['rsa-sha2-256', 'sha256']
        : ['ssh-rsa', 'sha1'];
  return Buffer.concat([sshString(type), sshString(sign(hash, data, key))]);
}

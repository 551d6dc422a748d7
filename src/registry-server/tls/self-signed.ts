import {
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { isErrno } from '../../base/errors.ts';
import type { TlsMaterial } from '../server.ts';
import { bits, der, integer, objectId, octets, sequence, set, time, utf8 } from './der.ts';

const DAY = 24 * 3600 * 1000;
/** The longest that clients accept is 398 days; clocks may be late by one. */
const LIFE = 396 * DAY;
const RENEW = 30 * DAY;
const ECDSA_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

/** A certificate of one's own. */
export interface OwnCertificate extends TlsMaterial {
  /** The SHA-256 of the certificate, in pairs of hex digits. */
  readonly fingerprint: string;
  /** Where the certificate is kept, for those who shall trust it. */
  readonly path: string;
  readonly keyPath: string;
}

/** Names and addresses that a certificate is for. */
export interface CertificateNames {
  /** Without one of these it is made anew. */
  readonly needed: readonly string[];
  /** Those go in when it is made. */
  readonly useful: readonly string[];
}

/**
 * The certificate of a folder, which is made with its key when there is none, when it does not
 * have all the needed names or is about to end. Throws system errors.
 */
export function ownCertificate(
  folder: string,
  { needed, useful }: CertificateNames,
  clock: Clock,
): OwnCertificate {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'cert.pem');
  const keyPath = join(folder, 'key.pem');
  const kept = read(path, keyPath);
  if (kept && isGood(kept.cert, kept.key, needed, clock)) {
    return { ...kept, path, keyPath, ...seen(kept) };
  }
  const made = makeCertificate([...new Set([...needed, ...useful])], clock.now());
  write(keyPath, made.key, 0o600);
  write(path, made.cert, 0o644);
  return { ...made, path, keyPath, ...seen(made) };
}

/**
 * Makes a key and a certificate for it, signed with itself: for servers alone, not an authority.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.1
 */
export function makeCertificate(
  names: readonly string[],
  now: Date,
): { readonly cert: Buffer; readonly key: Buffer } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(objectId(ECDSA_SHA256));
  const name = sequence(
    set(sequence(objectId(COMMON_NAME), utf8((names[0] ?? 'stave registry').slice(0, 64)))),
  );
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([0x4a]), randomBytes(15)])),
    algorithm,
    name,
    sequence(time(new Date(now.getTime() - DAY)), time(new Date(now.getTime() + LIFE))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions(names))),
  );
  const signature = sign('sha256', body, privateKey);
  const whole = sequence(body, algorithm, bits(signature)).toString('base64');
  const lines = whole.match(/.{1,64}/g) ?? [];
  const pem = ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''];
  return {
    cert: Buffer.from(pem.join('\n')),
    key: Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  };
}

function extensions(names: readonly string[]): readonly Buffer[] {
  const always = der(0x01, Buffer.from([0xff]));
  const alternatives = names.map((name) =>
    isIP(name) === 0 ? der(0x82, Buffer.from(name)) : der(0x87, addressBytes(name)),
  );
  return [
    // No authority; its key signs handshakes; for servers; under these names.
    sequence(objectId('2.5.29.19'), always, octets(sequence())),
    sequence(objectId('2.5.29.15'), always, octets(bits(Buffer.from([0x80]), 7))),
    sequence(objectId('2.5.29.37'), octets(sequence(objectId(SERVER_AUTH)))),
    sequence(objectId('2.5.29.17'), octets(sequence(...alternatives))),
  ];
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  // The parser of URLs writes an IPv6 address with its last part in hex too.
  const plain = new URL(`http://[${address.split('%')[0] ?? ''}]`).hostname.slice(1, -1);
  const [head = '', tail] = plain.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const before = groups(head);
  const after = groups(tail ?? '');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  const all = [...before, ...(tail === undefined ? [] : zeros), ...after];
  return Buffer.concat(all.map((group) => Buffer.from(group.padStart(4, '0'), 'hex')));
}

function isGood(cert: Buffer, key: Buffer, names: readonly string[], clock: Clock): boolean {
  try {
    const certificate = new X509Certificate(cert);
    return (
      certificate.validToDate.getTime() - RENEW > clock.now().getTime() &&
      certificate.checkPrivateKey(createPrivateKey(key)) &&
      names.every((name) => covers(certificate, name))
    );
  } catch {
    return false;
  }
}

function covers(certificate: X509Certificate, name: string): boolean {
  return (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
}

function seen({ cert }: { readonly cert: Buffer }): { readonly fingerprint: string } {
  return { fingerprint: new X509Certificate(cert).fingerprint256 };
}

function read(
  path: string,
  keyPath: string,
): { readonly cert: Buffer; readonly key: Buffer } | undefined {
  try {
    // Others have seen a key that they may read.
    if ((statSync(keyPath).mode & 0o077) !== 0) return undefined;
    return { cert: readFileSync(path), key: readFileSync(keyPath) };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function write(path: string, data: Buffer, mode: number): void {
  const unfinished = `${path}.new`;
  writeFileSync(unfinished, data, { mode, flush: true });
  renameSync(unfinished, path);
}

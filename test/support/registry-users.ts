import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AccessSettings } from '../../src/registry-server/access/settings.ts';

/** Hashes of the least cost, so that tests are quick: each password is the name and `-pw`. */
const LINES = `# users of tests
alice:$2y$04$MUWAz43DV0mrmBYGkS9m1eMu/y8p3YofL5E1aOQKh/qFTKZ/nS7oe
bob:$2y$04$NZkvJAas6R4EcgwfYDkjJONxIPaYMwcQrEvjYsc/rlB5ed4D8Ie/W
carol:$2y$04$6D39b9hwbmunY6qLXb98yeZPhLc1gUiHnzOlY.RAok5JE/x.CbLTC
`;

/** A file of users in a folder. */
export function usersFile(folder: string): string {
  const path = join(folder, 'users');
  writeFileSync(path, LINES);
  return path;
}

/** The header of a user with a password. */
export function basic(name: string, password = `${name}-pw`): Readonly<Record<string, string>> {
  return { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` };
}

/** The header of a token. */
export function bearer(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}` };
}

/** Users of a folder, with what is given besides. */
export function withUsers(more: Partial<AccessSettings> = {}): (folder: string) => AccessSettings {
  return (folder) => ({ passwords: usersFile(folder), failedLogins: 1000, ...more });
}

/** The same with tokens for the users. */
export function withTokens(more: Partial<AccessSettings> = {}): (folder: string) => AccessSettings {
  return (folder) => ({
    ...withUsers(more)(folder),
    ownTokens: { directory: join(folder, 'tokens'), service: 'registry', life: 300 },
  });
}

/** A token by hand: any header, any claims, any signature. */
export function forgedToken(
  header: object,
  claims: object,
  signature: (text: string) => Buffer,
): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${signature(text).toString('base64url')}`;
}

/** A signature with a shared secret, HS256. */
export function hs256(secret: string): (text: string) => Buffer {
  return (text) => createHmac('sha256', secret).update(text).digest();
}

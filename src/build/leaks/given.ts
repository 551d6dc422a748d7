import { statSync } from 'node:fs';
import type { BuildInput } from '../build-input.ts';
import { readInput } from '../read-file.ts';
import type { Given } from './needle.ts';
import { passwordsIn } from './pieces.ts';
import { isSecretArgument } from './worth.ts';

/** Bytes, as those that read keys for agents have it. */
const KEY_LIMIT = 256 * 1024;

/** What of a build's input is to stay out of its result. */
export type LeakInput = Pick<BuildInput, 'run' | 'args' | 'allowLeaks' | 'urls' | 'logins'>;

/**
 * Everything that a build was given and must not give away: secrets, SSH keys that are files,
 * build arguments that are called like secrets and look like it, passwords in URLs of arguments,
 * contexts and proxies, and what registries were shown.
 */
export function givenTo({ run, args, allowLeaks = [], urls, logins }: LeakInput): Given[] {
  const found: Given[] = [];
  const add = (given: Given): void => {
    if (!allowLeaks.includes(given.id)) found.push(given);
  };
  for (const [id, value] of run?.secrets ?? []) add({ kind: 'secret', id, value });
  for (const [id, paths] of run?.ssh ?? []) {
    for (const value of paths.flatMap(keyAt)) add({ kind: 'ssh', id, value });
  }
  for (const [id, value] of args) {
    if (isSecretArgument(id, value)) add({ kind: 'argument', id, value: Buffer.from(value) });
    for (const password of new Set(passwordsIn(value))) {
      add({ kind: 'argument', id, value: Buffer.from(password, 'latin1') });
    }
  }
  for (const [id, url] of urls ?? []) {
    for (const password of new Set(passwordsIn(url))) {
      add({ kind: 'url', id, value: Buffer.from(password, 'latin1') });
    }
  }
  for (const [id, values] of logins ?? []) {
    for (const value of values) add({ kind: 'login', id, value: Buffer.from(value) });
  }
  return found;
}

/** The content of a key's file; nothing of an agent's socket, or of what cannot be read. */
function keyAt(path: string): Uint8Array[] {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return [];
  const text = readInput(path, KEY_LIMIT);
  return text ? [text] : [];
}

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { collect } from '../../base/bytes.ts';
import { InvalidInputError, isErrno } from '../../base/errors.ts';
import type { BakeFile } from '../../bake/files.ts';
import type { Host } from '../command.ts';
import { explainOpen } from '../files.ts';

/** Looked for where no file is named, and merged in this order. */
const NAMES = [
  'compose.yaml',
  'compose.yml',
  'docker-compose.yml',
  'docker-compose.yaml',
  'docker-bake.json',
  'docker-bake.hcl',
  'docker-bake.override.json',
  'docker-bake.override.hcl',
];
const LARGEST = 8 * 1024 * 1024;
const REMOTE = /^(?:https?|git|ssh):\/\/|^git@|^github\.com\//i;

/** Whether a word names a place on a network. */
export function isRemote(word: string): boolean {
  return REMOTE.test(word);
}

/**
 * The bake files: those that were typed, those of `BUILDX_BAKE_FILE`, or those of the usual
 * names. `-` is standard input. Throws InvalidInputError.
 */
export async function bakeFiles(
  typed: readonly string[],
  { cwd, env, stdin }: Pick<Host, 'cwd' | 'env' | 'stdin'>,
): Promise<BakeFile[]> {
  const named = (typed.length > 0 ? typed : fromEnvironment(env)).map((one) =>
    one.replace(/^cwd:\/\//, ''),
  );
  const files: BakeFile[] = [];
  for (const name of named) {
    if (isRemote(name)) {
      throw new InvalidInputError(
        `${name}: bake files from the network are not available in this version`,
        {
          hint: 'Clone or download it first.',
        },
      );
    }
    const text = name === '-' ? await textOfInput(stdin) : textOf(cwd, name);
    files.push({ name, text });
  }
  if (named.length > 0) return files;
  for (const name of NAMES) {
    const text = textIfThere(cwd, name);
    if (text !== undefined) files.push({ name, text });
  }
  if (files.length > 0) return files;
  throw new InvalidInputError("couldn't find a bake definition", {
    hint: 'It is docker-bake.hcl, docker-bake.json or compose.yaml here, or what --file names.',
  });
}

/** The text of a file; undefined when there is none. Throws InvalidInputError. */
export function textIfThere(cwd: string, name: string): string | undefined {
  try {
    return limited(name, readFileSync(resolve(cwd, name)));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw explainOpen(error, name) ?? error;
  }
}

function fromEnvironment(env: Host['env']): string[] {
  const separator = env['BUILDX_BAKE_PATH_SEPARATOR'] || ':';
  return (env['BUILDX_BAKE_FILE'] ?? '')
    .split(separator)
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function textOf(cwd: string, name: string): string {
  try {
    return limited(name, readFileSync(resolve(cwd, name)));
  } catch (error) {
    throw explainOpen(error, name) ?? error;
  }
}

async function textOfInput(stdin: Host['stdin']): Promise<string> {
  return limited('-', await collect(stdin.bytes(), LARGEST + 1));
}

function limited(name: string, bytes: Uint8Array): string {
  if (bytes.length > LARGEST) throw new InvalidInputError(`${name}: the file is larger than 8 MiB`);
  return Buffer.from(bytes).toString('utf8');
}

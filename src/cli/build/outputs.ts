import { resolve } from 'node:path';
import type { Bytes } from '../../base/bytes.ts';
import { InvalidInputError } from '../../base/errors.ts';
import type { BuildOutput, FilePlace, ImageOutputOptions } from '../../engine/build-types.ts';
import { InvalidReferenceError } from '../../oci/errors.ts';
import { canonicalName, parseReference, parseTagTarget } from '../../oci/reference.ts';
import type { Output as Stream } from '../output.ts';
import { Attributes } from './attributes.ts';
import { annotationAttribute } from './annotations.ts';

const TYPES = ['local', 'tar', 'oci', 'docker', 'image', 'registry', 'cacheonly'] as const;
const COMPRESSIONS = ['uncompressed', 'gzip', 'zstd', 'estargz'] as const;
const HIGHEST_LEVEL = { uncompressed: 0, gzip: 9, zstd: 22 } as const;

/** What outputs are read with. */
export interface OutputContext {
  readonly cwd: string;
  readonly stdout: Stream;
  readonly push: boolean;
  readonly load: boolean;
  /** Gets one line for what is accepted and does nothing. */
  readonly notice: (line: string) => void;
  /** Times are clamped in this build. */
  readonly dated: boolean;
}

/**
 * What `--output`, `--push` and `--load` mean together; undefined for the default. Paths are
 * made absolute. Throws InvalidInputError, with the nearest right word.
 */
export function outputsOf(
  texts: readonly string[],
  context: OutputContext,
): readonly BuildOutput[] | undefined {
  const outputs = texts.map((text) => outputOf(text, context));
  if (outputs.filter(usesStdout).length > 1) {
    throw new InvalidInputError('two outputs cannot both be written to standard output');
  }
  const isImage = (one: BuildOutput): boolean => one.type === 'image';
  if (context.push && !outputs.some(isImage)) outputs.push({ type: 'image', push: true });
  if (context.load && !outputs.some(isImage)) outputs.push({ type: 'image' });
  if (outputs.length === 0) return undefined;
  if (!context.push) return outputs;
  return outputs.map((one) => (one.type === 'image' ? { ...one, push: true } : one));
}

/** True for an output that goes to standard output, where then nothing else may go. */
function usesStdout(output: BuildOutput): boolean {
  return 'to' in output && 'write' in output.to;
}

function outputOf(text: string, context: OutputContext): BuildOutput {
  if (!text.includes('=') && !text.includes(',')) {
    if (text === '-') return { type: 'tar', to: stdoutPlace('tar', context) };
    if (text === '') throw new InvalidInputError('invalid --output "": name a directory or a type');
    return { type: 'local', directory: resolve(context.cwd, text) };
  }
  const given = new Attributes('--output', text);
  const type = given.word('type', TYPES);
  if (type === undefined) {
    throw given.error('its type is missing: local, tar, oci, docker, image, registry or cacheonly');
  }
  const output = read(type, given, context);
  given.done(`type=${type}`);
  return output;
}

function read(
  type: (typeof TYPES)[number],
  given: Attributes,
  context: OutputContext,
): BuildOutput {
  switch (type) {
    case 'local': {
      const dest = given.text('dest');
      if (dest === undefined || dest === '') throw given.error('dest=DIRECTORY is missing');
      if (dest === '-') throw given.error('dest cannot be standard output for local: use type=tar');
      const [mode, platformSplit] = [
        given.word('mode', ['copy', 'delete']),
        given.flag('platform-split'),
      ];
      return {
        type,
        directory: resolve(context.cwd, dest),
        ...(mode && { mode }),
        ...(platformSplit !== undefined && { platformSplit }),
      };
    }
    case 'tar': {
      const platformSplit = given.flag('platform-split');
      return {
        type,
        to: filePlace(type, given.text('dest'), context),
        ...(platformSplit !== undefined && { platformSplit }),
      };
    }
    case 'oci':
    case 'docker':
      return archiveOf(type, given, context);
    case 'image':
    case 'registry':
      return imageOf(type, given, context);
    case 'cacheonly':
      return { type };
    default:
      return type satisfies never;
  }
}

function archiveOf(type: 'oci' | 'docker', given: Attributes, context: OutputContext): BuildOutput {
  const dest = given.text('dest');
  const isTar = given.flag('tar') ?? true;
  const names = namesOf(given);
  const form = formOf(given, context);
  if (type === 'docker' && dest === undefined && isTar) return { type: 'image', ...form, names };
  if (isTar) return { type, to: filePlace(type, dest, context), ...form, names };
  if (dest === undefined || dest === '-') throw given.error('tar=false needs dest=DIRECTORY');
  return { type, to: { directory: resolve(context.cwd, dest) }, ...form, names };
}

function imageOf(
  type: 'image' | 'registry',
  given: Attributes,
  context: OutputContext,
): BuildOutput {
  const push = given.flag('push') ?? type === 'registry';
  const prefix = given.text('dangling-name-prefix');
  // Layers of an image are always unpacked here.
  given.flag('unpack');
  return {
    type: 'image',
    names: namesOf(given),
    push,
    pushByDigest: given.flag('push-by-digest') ?? false,
    insecure: given.flag('registry.insecure') ?? false,
    nameCanonical: given.flag('name-canonical') ?? false,
    ...(prefix !== undefined && { danglingNamePrefix: repositoryOf(prefix, given) }),
    store: given.flag('store') ?? true,
    ...formOf(given, context),
  };
}

function formOf(given: Attributes, { notice, dated }: OutputContext): ImageOutputOptions {
  const compression = given.word('compression', COMPRESSIONS);
  if (compression === 'estargz') {
    throw given.error('estargz layers are not written: nothing here could read them lazily');
  }
  const level = given.number('compression-level');
  const highest = HIGHEST_LEVEL[compression ?? 'gzip'];
  if (level !== undefined && level > highest) {
    throw given.error(`compression-level is ${highest} at most for ${compression ?? 'gzip'}`);
  }
  const rewrite = given.flag('rewrite-timestamp');
  if (rewrite === true && !dated) {
    notice('rewrite-timestamp=true needs SOURCE_DATE_EPOCH; times stay as they are.');
  }
  if (rewrite === false && dated) {
    notice('rewrite-timestamp=false: with SOURCE_DATE_EPOCH times of files are always clamped.');
  }
  const annotations = given.each(annotationAttribute);
  const options = {
    ociMediaTypes: given.flag('oci-mediatypes'),
    compression,
    compressionLevel: level,
    forceCompression: given.flag('force-compression'),
    ociArtifact: given.flag('oci-artifact'),
    annotations: annotations.length > 0 ? annotations : undefined,
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function namesOf(given: Attributes): string[] {
  const texts = (given.text('name') ?? '').split(',').map((name) => name.trim());
  return texts.filter((name) => name !== '').map((name) => parsed(name, given, parseTagTarget));
}

function repositoryOf(text: string, given: Attributes): string {
  return parsed(text, given, parseReference);
}

function parsed(
  text: string,
  given: Attributes,
  parse: (text: string) => ReturnType<typeof parseReference>,
): string {
  try {
    return canonicalName(parse(text));
  } catch (error) {
    if (error instanceof InvalidReferenceError) throw given.error(error.message);
    throw error;
  }
}

function filePlace(type: string, dest: string | undefined, context: OutputContext): FilePlace {
  if (dest === undefined || dest === '-' || dest === '') return stdoutPlace(type, context);
  return { path: resolve(context.cwd, dest) };
}

function stdoutPlace(type: string, { stdout }: OutputContext): FilePlace {
  if (stdout.terminal) {
    throw new InvalidInputError(
      `dest file is required for ${type} exporter. refusing to write to console`,
      { hint: `Redirect standard output, or use -o type=${type},dest=FILE.` },
    );
  }
  return {
    async write(bytes: Bytes) {
      for await (const chunk of bytes) stdout.raw(chunk);
    },
  };
}

import { resolve } from 'node:path';
import { once } from '../../base/bytes.ts';
import { InvalidInputError, UsageError } from '../../base/errors.ts';
import type { CopyRequest, CopySource, CopyTarget } from '../../engine/copy-types.ts';
import { chunkSize } from '../chunk-size.ts';
import { command, type Context } from '../command.ts';
import { placeOf } from '../copy-places.ts';
import { flag } from '../flags.ts';
import { checkPlace, writeNewFile } from '../new-file.ts';
import { platformOption } from '../platform-flag.ts';
import { openTransferRenderer } from '../render/renderer.ts';
import { PUSH_WORDS } from '../render/transfer-lines.ts';
import { openTransfers } from '../render/transfers.ts';
import { reachOf } from '../reach-flags.ts';

const FLAGS = {
  all: flag.toggle('An index as a whole also in a docker-archive', 'a'),
  'allow-nondistributable-artifacts': flag.toggle(
    'Send layers to a registry that are not meant to be handed on',
  ),
  'chunk-size': flag.bytes('Send blobs to a registry in pieces of this size'),
  'dest-cert-dir': flag.text('directory', 'Certificates for the destination, as for pull'),
  'dest-creds': flag.text('string', 'USER:PASSWORD for the destination'),
  'dest-tls-verify': flag.toggle('Want a valid certificate of the destination', undefined, true),
  digestfile: flag.text('file', 'Write the digest of what was copied to a file'),
  format: flag.choice(['oci', 'docker'], 'Change the documents to this format, and so the digest'),
  platform: flag.text('string', 'Of several platforms, this one alone'),
  quiet: flag.toggle('No progress display', 'q'),
  referrers: flag.toggle(
    'From registry to registry: signatures and all else that refers to it too',
  ),
  'retry-times': flag.number('int', 'How often a request is tried again (default: 4)'),
  'src-cert-dir': flag.text('directory', 'Certificates for the source, as for pull'),
  'src-creds': flag.text('string', 'USER:PASSWORD for the source'),
  'src-tls-verify': flag.toggle('Want a valid certificate of the source', undefined, true),
};

/** `copy`. */
export const copy = command({
  usage: '[OPTIONS] SOURCE DESTINATION',
  operands: [2, 2],
  flags: FLAGS,
  examples: [
    [
      'From one registry to another, with all platforms',
      'stave copy docker://alpine:3 docker://localhost:5000/alpine:3',
      'a registry',
    ],
    ['An image of this store into a file', 'stave copy stave:app:v1 oci-archive:app.tar'],
    ['Into a directory that other tools read', 'stave copy stave:app:v1 oci:layout:v1'],
    [
      'Out of a pipe into a registry',
      'stave copy docker-archive:- docker://localhost:5000/app < app.tar',
      'a registry',
    ],
  ],

  async run(context) {
    const { operands, flags, engine, stdout, cwd, signal } = context;
    const [source = '', destination = ''] = operands;
    const { to, isStream } = target(context, destination);
    const request: CopyRequest = { ...options(context), from: from(context, source), to };
    if (flags.digestfile !== undefined)
      checkPlace(resolve(cwd, flags.digestfile), flags.digestfile);
    const { images } = await engine();
    const copied = await (async () => {
      // An archive on standard output leaves no room there for words.
      using display = isStream
        ? await openTransferRenderer(context.stderr, context.env, flags.quiet)
        : await openTransfers(context, flags.quiet, PUSH_WORDS);
      return images.copy(request, { signal, progress: display.sink });
    })();
    if (flags.digestfile !== undefined) {
      await writeNewFile(cwd, flags.digestfile, once(Buffer.from(copied.digest)), WRITE_DIGEST);
    }
    if (!isStream) stdout.line(copied.digest);
  },
});

type Typed = Context<typeof FLAGS>;

const COPY = 'copy image';
const WRITE_DIGEST = 'write digest';

function options({ flags }: Typed): Omit<CopyRequest, 'from' | 'to'> {
  const { 'retry-times': retries, 'chunk-size': chunk } = flags;
  if (retries !== undefined && retries < 0) {
    throw new UsageError(`--retry-times ${retries} is less than none`);
  }
  return {
    ...platformOption(flags.platform),
    all: flags.all,
    referrers: flags.referrers,
    format: flags.format,
    tries: retries === undefined ? undefined : retries + 1,
    chunk: chunkSize(chunk),
    foreign: flags['allow-nondistributable-artifacts'],
  };
}

function from({ flags, cwd, stdin }: Typed, text: string): CopySource {
  const place = placeOf(text, cwd);
  if (place.kind === 'registry') {
    const access = { credentials: credentials(flags['src-creds'], '--src-creds') };
    const ways = reachOf(cwd, flags['src-tls-verify'], flags['src-cert-dir']);
    return { kind: 'registry', name: place.name, ...ways, ...access };
  }
  if (place.kind !== 'archive') return place;
  const { path, ...archive } = place;
  if (path !== '-') return { ...archive, from: resolve(cwd, path) };
  if (stdin.terminal) {
    throw new InvalidInputError('requested an archive from stdin, but stdin is empty');
  }
  return { ...archive, from: stdin.bytes({ reuse: true }) };
}

function target(
  { flags, cwd, stdout }: Typed,
  text: string,
): { readonly to: CopyTarget; readonly isStream: boolean } {
  const place = placeOf(text, cwd);
  if (place.kind === 'registry') {
    const access = { credentials: credentials(flags['dest-creds'], '--dest-creds') };
    const ways = reachOf(cwd, flags['dest-tls-verify'], flags['dest-cert-dir']);
    return { to: { kind: 'registry', name: place.name, ...ways, ...access }, isStream: false };
  }
  if (place.kind !== 'archive') return { to: place, isStream: false };
  const { path, ...archive } = place;
  if (path !== '-') {
    // Before anything is asked for: a wrong path should not cost a wait.
    checkPlace(resolve(cwd, path), path, COPY);
    const write: Extract<CopyTarget, { kind: 'archive' }>['write'] = (bytes) =>
      writeNewFile(cwd, path, bytes, COPY);
    return { to: { ...archive, write }, isStream: false };
  }
  if (stdout.terminal) {
    throw new InvalidInputError(
      'cowardly refusing to write an archive to a terminal. Name a file or redirect',
    );
  }
  return {
    to: { ...archive, write: (one) => one.pour((chunk) => stdout.raw(chunk)) },
    isStream: true,
  };
}

function credentials(
  typed: string | undefined,
  name: string,
): { readonly username: string; readonly password: string } | undefined {
  if (typed === undefined) return undefined;
  const at = typed.indexOf(':');
  if (at > 0) return { username: typed.slice(0, at), password: typed.slice(at + 1) };
  throw new UsageError(`${name} is not USER:PASSWORD`);
}

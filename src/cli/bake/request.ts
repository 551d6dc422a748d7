import { isAbsolute, join, normalize } from 'node:path';
import type { BuildRequest } from '../../engine/build-types.ts';
import { entryText, secretText } from '../../bake/entries.ts';
import { linkOf, type ResolvedTarget } from '../../bake/resolve.ts';
import type { Fields } from '../../bake/target.ts';
import { once } from '../../base/bytes.ts';
import { InvalidInputError } from '../../base/errors.ts';
import { buildRequest } from '../build-request.ts';
import type { Context, Host } from '../command.ts';
import { BUILD_FLAGS } from '../commands/image-build.ts';
import { parseFlags } from '../parse-flags.ts';
import type { Values } from '../flags.ts';
import { isRemote } from './files.ts';

/** Images that other targets have become, by the name of the target. */
export type Links = ReadonlyMap<string, string>;

/**
 * The request that a target means: that of the `build` command line that says the same. Throws
 * InvalidInputError, UsageError.
 */
export async function targetRequest(
  { name, fields, linked }: ResolvedTarget,
  host: Host,
  links: Links,
): Promise<BuildRequest> {
  const context = placeOf(fields.context ?? '.');
  if (context === '-' || fields.dockerfile === '-') {
    throw new InvalidInputError(
      `target ${name}: context and Dockerfile from standard input are not allowed in bake`,
    );
  }
  const inline = fields['dockerfile-inline'];
  const { flags } = parseFlags(wordsOf(fields, context, linked, links), BUILD_FLAGS);
  const typed: Context<typeof BUILD_FLAGS> = {
    ...host,
    ...(inline !== undefined && {
      stdin: { ...host.stdin, terminal: false, bytes: () => once(Buffer.from(inline)) },
    }),
    operands: [context],
    flags: flags as Values<typeof BUILD_FLAGS>,
    typed: new Set(),
    complain: () => {},
  };
  return await buildRequest(typed);
}

/** The flags of `build` that say what the target says. */
function wordsOf(fields: Fields, context: string, linked: boolean, links: Links): string[] {
  const each = <T>(
    flag: string,
    values: Iterable<T> | undefined,
    text: (value: T) => string,
  ): string[] => [...(values ?? [])].map((value) => `--${flag}=${text(value)}`);
  const pairs = (flag: string, values: ReadonlyMap<string, string | null> | undefined): string[] =>
    [...(values ?? [])].flatMap(([key, value]) =>
      value === null ? [] : [`--${flag}=${key}=${value}`],
    );
  const text = (flag: string, value: string | boolean | undefined): string[] =>
    value === undefined ? [] : [`--${flag}=${value}`];
  const plain = (value: string): string => value;
  return [
    ...text('file', dockerfileOf(fields, context)),
    ...pairs('build-arg', fields.args),
    ...pairs('label', fields.labels),
    ...pairs('add-host', fields['extra-hosts']),
    ...each(
      'build-context',
      fields.contexts,
      ([key, place]) => `${key}=${contextOf(place, links)}`,
    ),
    ...each('annotation', fields.annotations, plain),
    ...each('attest', linked ? [] : fields.attest, entryText),
    ...each('cache-from', fields['cache-from'], entryText),
    ...each('cache-to', fields['cache-to'], entryText),
    ...each('secret', fields.secret, secretText),
    ...each('ssh', fields.ssh, ({ id, paths }) =>
      paths.length === 0 ? id : `${id}=${paths.join(',')}`,
    ),
    ...each('no-cache-filter', fields['no-cache-filter'], plain),
    ...each('ulimit', fields.ulimits, plain),
    ...each('allow', fields.entitlements, plain),
    ...each('platform', fields.platforms, plain),
    ...(linked
      ? []
      : [...each('tag', fields.tags, plain), ...each('output', fields.output, entryText)]),
    ...text('target', fields.target),
    ...text('network', fields.network),
    ...text('no-cache', fields['no-cache']),
    ...text('pull', fields.pull),
    ...text('shm-size', fields['shm-size']),
    ...[...(fields.resources ?? [])].map(([key, value]) => `--${key}=${value}`),
  ];
}

/** Relative to the context, where that is a directory here; `cwd://` is relative to where we are. */
function dockerfileOf(fields: Fields, context: string): string | undefined {
  if (fields['dockerfile-inline'] !== undefined) return '-';
  const typed = fields.dockerfile ?? 'Dockerfile';
  if (typed === 'Dockerfile') return undefined;
  if (typed.startsWith('cwd://')) return placeOf(typed);
  const file = normalize(typed);
  return isRemote(context) || isAbsolute(file) ? file : join(context, file);
}

function contextOf(place: string, links: Links): string {
  const link = linkOf(place);
  return link === undefined ? placeOf(place) : `docker-image://${links.get(link) ?? link}`;
}

/** Without `cwd://`. */
export function placeOf(place: string): string {
  return place.startsWith('cwd://') ? normalize(place.slice('cwd://'.length) || '.') : place;
}

import { resolve } from 'node:path';
import { UsageError } from '../../base/errors.ts';
import type { Mirror } from '../../registry-server/mirror/mirror.ts';
import type { MirrorDocument } from '../../registry-server/mirror/read-settings.ts';
import type { SyncRow } from '../../registry-server/mirror/sync-row.ts';
import type { MirrorSettings } from '../../registry-server/mirror/settings.ts';
import type { RegistryStorage } from '../../registry-server/storage.ts';
import type { Context } from '../command.ts';
import { flag } from '../flags.ts';
import { readMirrorFile } from './mirror-file.ts';
import { syncLine } from './sync-line.ts';

/** Flags about what comes from registries elsewhere. */
export const MIRROR_FLAGS = {
  mirror: flag.list(
    'prefix=upstream',
    'Read what is below a prefix through from a registry: "hub=docker.io"',
  ),
  'mirror-auth': flag.text('file', 'Credentials for upstreams, as in Docker\'s "config.json"'),
  'mirror-of': flag.text('upstream', 'Read everything through from this registry'),
  'mirror-ttl': flag.age('How long tags of upstreams are believed, "1m" by default'),
  mirrors: flag.text('file', 'Mirrors, and jobs that copy from registries, in YAML or JSON'),
};

type MirrorContext = Pick<
  Context<typeof MIRROR_FLAGS>,
  'flags' | 'cwd' | 'clock' | 'env' | 'version'
>;

/** What stands before a storage, and the jobs that run beside it. */
export interface OpenMirrors extends AsyncDisposable {
  /** Answers in place of the storage; the storage itself without mirrors. */
  readonly storage: RegistryStorage;
  readonly mirror: Mirror | undefined;
}

/**
 * Puts what the flags say before a storage, and begins to follow jobs. `tell` gets lines for the
 * log. Throws UsageError, InvalidInputError and RegistryConfigError.
 */
export async function openMirrors(
  context: MirrorContext,
  storage: RegistryStorage,
  {
    readOnly,
    tell,
    inline,
  }: {
    readonly readOnly: boolean;
    readonly tell: (line: string) => void;
    /** What a config file says of mirrors and jobs. */
    readonly inline: MirrorDocument;
  },
): Promise<OpenMirrors> {
  const { clock, env, version } = context;
  const asked = await mirrorSettings(context);
  const mirrors = [...inline.mirrors, ...asked.mirrors];
  const sync = [...inline.sync, ...asked.sync];
  if (mirrors.length === 0 && sync.length === 0) {
    return { storage, mirror: undefined, [Symbol.asyncDispose]: async () => undefined };
  }
  if (readOnly) throw new UsageError('a registry with mirrors cannot be read-only');
  const variable = (name: string): string | undefined => env[name];
  const parts = { clock, variable, userAgent: `stave/${version()}`, tell };
  await using scope = new AsyncDisposableStack();
  const { openMirror } = await import('../../registry-server/mirror/mirror.ts');
  const mirror = scope.use(openMirror(storage, mirrors, parts));
  if (sync.length > 0) {
    const { SyncRounds } = await import('../../registry-server/mirror/sync-rounds.ts');
    const said = (row: SyncRow): void => {
      if (row.outcome !== 'unchanged') tell(syncLine(row));
    };
    scope.use(new SyncRounds(sync, { ...parts, storage, isMirrored: mirror.isMirrored, said }));
  }
  const all = scope.move();
  return { storage: mirror.storage, mirror, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function mirrorSettings({
  flags,
  cwd,
}: Pick<MirrorContext, 'flags' | 'cwd'>): Promise<MirrorDocument> {
  const { mirrors: typed, mirror, 'mirror-of': all, 'mirror-auth': auth } = flags;
  const inFile = await readMirrorFile(typed, cwd);
  const { parseMirror, upstreamPlace } = await import('../../registry-server/mirror/settings.ts');
  const common = {
    authFile: auth === undefined ? undefined : resolve(cwd, auth),
    tagLife: flags['mirror-ttl'],
  };
  const simple: MirrorSettings[] = mirror.map((one) => ({ ...common, ...parseMirror(one) }));
  if (all !== undefined) {
    upstreamPlace(all);
    simple.push({ ...common, prefix: '', upstream: all });
  }
  const other = (['mirror-auth', 'mirror-ttl'] as const).find((name) => flags[name] !== undefined);
  if (simple.length === 0 && other !== undefined) {
    throw new UsageError(`--${other} needs --mirror or --mirror-of`);
  }
  return { mirrors: [...inFile.mirrors, ...simple], sync: inFile.sync };
}

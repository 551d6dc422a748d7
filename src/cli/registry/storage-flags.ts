import { resolve } from 'node:path';
import { UsageError } from '../../base/errors.ts';
import type { KeepEvent, KeepSettings } from '../../registry-server/maintenance/keeper.ts';
import type { RegistryStorage } from '../../registry-server/storage.ts';
import type { Context } from '../command.ts';
import { flag } from '../flags.ts';
import { awsSettings } from './aws-settings.ts';

/** Flags about where a registry keeps what it has. */
export const STORAGE_FLAGS = {
  data: flag.text('directory', 'Keep everything in this directory, which is made'),
  s3: flag.text('s3://bucket[/prefix]', 'Keep everything in this bucket instead, as may others'),
  's3-endpoint': flag.text('url', "The store's address, that of Amazon by default"),
  's3-path-style': flag.toggle('The bucket is part of the path, not of the host'),
  's3-redirect': flag.choice(
    ['auto', 'always', 'never'],
    'Send clients to the bucket for blobs; "auto" does with Amazon\'s own address only',
  ),
  's3-region': flag.text('name', 'The region of the bucket, "us-east-1" by default'),
};

/** A storage and what keeps it in order. */
export interface OpenStorage extends AsyncDisposable {
  readonly storage: RegistryStorage;
}

type StorageContext = Pick<
  Context<typeof STORAGE_FLAGS>,
  'flags' | 'cwd' | 'clock' | 'env' | 'version'
>;

const PREFIX = /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/;
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Opens what the flags say. Throws UsageError, and what goes wrong when it is opened. */
export async function openStorage(
  context: StorageContext,
  keep: KeepSettings,
  tell: (event: KeepEvent) => void,
): Promise<OpenStorage> {
  const { flags, cwd, clock } = context;
  const { fixedTags } = await import('../../registry-server/maintenance/rules.ts');
  const isFixed = fixedTags(keep.rules);
  if (flags.s3 !== undefined) {
    return openBucket(context, flags.s3, {
      keep,
      tell,
      isFixed: keep.rules.immutable.length > 0 ? isFixed : undefined,
    });
  }
  const other = Object.keys(STORAGE_FLAGS).find(
    (name) => name.startsWith('s3-') && Boolean(flags[name as keyof typeof STORAGE_FLAGS]),
  );
  if (other !== undefined) throw new UsageError(`--${other} needs --s3`);
  if ((flags.data ?? '') === '') {
    throw new UsageError('--data or --s3 is required', {
      hint: "Name the folder that holds the registry: '--data DIR'.",
    });
  }
  const { openFileStorage } = await import('../../registry-server/file-storage.ts');
  const { Keeper } = await import('../../registry-server/maintenance/keeper.ts');
  await using scope = new AsyncDisposableStack();
  const storage = scope.use(openFileStorage(resolve(cwd, flags.data ?? ''), clock, { isFixed }));
  scope.use(await Keeper.open(storage, keep, tell));
  const all = scope.move();
  return { storage, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function openBucket(
  context: StorageContext,
  typed: string,
  {
    keep,
    tell,
    isFixed,
  }: {
    readonly keep: KeepSettings;
    readonly tell: (event: KeepEvent) => void;
    readonly isFixed: ((repository: string, tag: string) => boolean) | undefined;
  },
): Promise<OpenStorage> {
  const { flags, clock, env, version } = context;
  const [, bucket = '', folder] = /^s3:\/\/([^/]*)(?:\/(.*?)\/?)?$/.exec(typed) ?? [];
  const isPlace =
    BUCKET.test(bucket) && (folder === undefined || folder === '' || PREFIX.test(folder));
  if (!isPlace) throw new UsageError(`--s3 ${typed}: not of the form s3://BUCKET[/PREFIX]`);
  if (keep.rules.retention.length > 0) {
    throw new UsageError('rules about what stays need --data: with --s3 nothing follows them');
  }
  const aws = awsSettings(context);
  const endpoint = flags['s3-endpoint'] ?? aws.endpoint;
  if (endpoint !== undefined && !(/^https?:\/\//.test(endpoint) && URL.canParse(endpoint))) {
    throw new UsageError(`--s3-endpoint ${endpoint}: not an http(s) URL`);
  }
  const redirect = flags['s3-redirect'] ?? 'auto';
  const { openBucket: open } = await import('../../registry-server/bucket/settings.ts');
  const { BucketKeeper } = await import('../../registry-server/bucket/keeper.ts');
  await using scope = new AsyncDisposableStack();
  const { storage } = scope.use(
    await open({
      place: {
        bucket,
        region: flags['s3-region'] ?? aws.region ?? 'us-east-1',
        ...(endpoint !== undefined && { endpoint }),
        pathStyle: flags['s3-path-style'],
        credentials: aws.credentials,
      },
      prefix: folder ? `${folder}/` : '',
      label: typed,
      redirect: redirect === 'always' || (redirect === 'auto' && endpoint === undefined),
      isFixed,
      variable: (name) => env[name],
      userAgent: `stave/${version()}`,
      clock,
    }),
  );
  const every = keep.readOnly ? 0 : keep.every;
  scope.use(new BucketKeeper(storage, { every, grace: keep.grace }, tell));
  const all = scope.move();
  return { storage, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

import { resolve } from 'node:path';
import { UsageError } from '../../base/errors.ts';
import type {
  KeepEvent,
  KeepFigures,
  KeepSettings,
} from '../../registry-server/maintenance/keeper.ts';
import type { TagRules } from '../../registry-server/maintenance/rules.ts';
import type { RegistryStorage } from '../../registry-server/storage.ts';
import type { Context } from '../command.ts';
import { flag } from '../flags.ts';
import { type AwsSettings, awsSettings } from './aws-settings.ts';

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
  /** Not with a bucket. */
  readonly figures?: () => KeepFigures;
  /** From now on these rules count. Not with a bucket. */
  readonly setRules?: (rules: TagRules) => void;
}

/** What a storage is opened with besides flags. */
export interface StorageParts {
  readonly keep: KeepSettings;
  readonly tell: (event: KeepEvent) => void;
  /** For a bucket; without them those that Amazon's own tools would use. */
  readonly credentials?: AwsSettings['credentials'] | undefined;
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
  parts: StorageParts,
): Promise<OpenStorage> {
  const { flags, cwd, clock } = context;
  const { keep, tell } = parts;
  if (flags.s3 !== undefined) return openBucket(context, flags.s3, parts);
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
  const { fixedTags } = await import('../../registry-server/maintenance/rules.ts');
  let fixed = fixedTags(keep.rules);
  const isFixed = (repository: string, tag: string): boolean => fixed(repository, tag);
  const storage = scope.use(openFileStorage(resolve(cwd, flags.data ?? ''), clock, { isFixed }));
  const keeper = scope.use(await Keeper.open(storage, keep, tell));
  const all = scope.move();
  return {
    storage,
    figures: () => keeper.figures,
    setRules(rules) {
      fixed = fixedTags(rules);
      keeper.setRules(rules);
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function openBucket(
  context: StorageContext,
  typed: string,
  { keep, tell, credentials }: StorageParts,
): Promise<OpenStorage> {
  const { flags, clock, env, version } = context;
  const [, bucket = '', folder] = /^s3:\/\/([^/]*)(?:\/(.*?)\/?)?$/.exec(typed) ?? [];
  const isPlace =
    BUCKET.test(bucket) && (folder === undefined || folder === '' || PREFIX.test(folder));
  if (!isPlace) throw new UsageError(`--s3 ${typed}: not of the form s3://BUCKET[/PREFIX]`);
  if (keep.rules.retention.length > 0) {
    throw new UsageError('rules about what stays need --data: with --s3 nothing follows them');
  }
  const aws = awsSettings(context, credentials);
  const endpoint = flags['s3-endpoint'] ?? aws.endpoint;
  if (endpoint !== undefined && !(/^https?:\/\//.test(endpoint) && URL.canParse(endpoint))) {
    throw new UsageError(`--s3-endpoint ${endpoint}: not an http(s) URL`);
  }
  const redirect = flags['s3-redirect'] ?? 'auto';
  const { openBucket: open } = await import('../../registry-server/bucket/settings.ts');
  const { BucketKeeper } = await import('../../registry-server/bucket/keeper.ts');
  const { fixedTags } = await import('../../registry-server/maintenance/rules.ts');
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
      isFixed: keep.rules.immutable.length > 0 ? fixedTags(keep.rules) : undefined,
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

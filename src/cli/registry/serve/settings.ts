import { resolve } from 'node:path';
import { InvalidInputError, UsageError } from '../../../base/errors.ts';
import type { AccessSettings } from '../../../registry-server/access/settings.ts';
import type { HookEndpoint } from '../../../registry-server/events/hooks.ts';
import type { LimitSettings } from '../../../registry-server/limits.ts';
import type { KeepSettings } from '../../../registry-server/maintenance/keeper.ts';
import type { MirrorDocument } from '../../../registry-server/mirror/read-settings.ts';
import type { Context } from '../../command.ts';
import { listenAddress } from '../../listen-address.ts';
import { accessSettings } from '../access-flags.ts';
import { type Effective, valueAt } from '../config/effective.ts';
import { hookEndpoints, inlineMirrors, inlineRules } from '../config/file-settings.ts';
import { keepSettings } from '../keep-flags.ts';
import { limitSettings } from '../limit-flags.ts';

/** What is left of settings once they are understood. */
export interface Understood {
  readonly access: AccessSettings;
  readonly limits: LimitSettings;
  readonly keep: KeepSettings;
  readonly endpoints: readonly HookEndpoint[];
  /** Of the file; flags may add to it. */
  readonly mirrors: MirrorDocument;
  /** The folder of the registry; meaningless with a bucket. */
  readonly data: string;
}

/** The address without any setting. */
export const ADDRESS = '127.0.0.1:5000';

/** Checks settings with each other. Throws UsageError and InvalidInputError. */
export async function understand(
  effective: Effective,
  context: Pick<Context, 'cwd' | 'env'>,
): Promise<Understood> {
  const { flags, tree } = effective;
  const { cwd } = context;
  listenAddress(flags.addr ?? ADDRESS);
  if (flags.metrics !== undefined) listenAddress(flags.metrics);
  const data = resolve(cwd, flags.data ?? '');
  const certificates = flags['tls-client-ca'] !== undefined;
  const inContext = { flags, cwd };
  const access = accessSettings(inContext, { data, certificates });
  const rules = inlineRules(tree);
  if (rules && valueAt(tree, 'keep.rules') !== undefined) {
    throw new InvalidInputError(
      'keep.rules names a file with rules, and there are rules beside it',
    );
  }
  const keys = access.ownTokens ? '--tokens' : '--tls-self-signed';
  if (!flags.data && flags.s3 !== undefined && (access.ownTokens || flags['tls-self-signed'])) {
    throw new UsageError(`${keys} needs --data, for its keys`);
  }
  const { parseRule } = await import('../../../registry-server/access/rules.ts');
  for (const rule of access.rules ?? []) parseRule(rule);
  const endpoints = hookEndpoints(tree, context);
  if (endpoints.length > 0 && !flags.data && valueAt(tree, 'webhooks.queue') === undefined) {
    throw new InvalidInputError('webhooks.queue is needed where there is no storage.data');
  }
  return {
    access,
    limits: limitSettings(inContext),
    keep: await keepSettings(inContext, { readOnly: flags['read-only'], rules }),
    endpoints,
    mirrors: await inlineMirrors(tree),
    data,
  };
}

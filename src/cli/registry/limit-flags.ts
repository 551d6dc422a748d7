import { UsageError } from '../../base/errors.ts';
import type { LimitSettings } from '../../registry-server/limits.ts';
import type { Context } from '../command.ts';
import { flag } from '../flags.ts';

/** Flags about what clients may take. */
export const LIMIT_FLAGS = {
  'idle-timeout': flag.duration('How long a body may bring nothing, "1m" by default'),
  'max-blob-size': flag.bytes('The largest blob, "256g" by default'),
  'max-connections': flag.number('int', 'The most connections at a time'),
  'max-manifest-size': flag.bytes('The largest manifest, "4m" by default'),
  'max-repository-size': flag.bytes('The most that a repository may hold'),
  'max-uploads': flag.number('int', 'Uploads that each caller may have open, 1000 by default'),
  'rate-limit': flag.number(
    'decimal',
    'Requests in a second for each user, or address without one',
  ),
};

/** What the flags say. Throws UsageError. */
export function limitSettings({
  flags,
}: Pick<Context<typeof LIMIT_FLAGS>, 'flags'>): LimitSettings {
  for (const [name, value] of Object.entries(flags)) {
    if (name in LIMIT_FLAGS && value !== undefined && !(value > 0)) {
      throw new UsageError(`--${name} must be more than 0`);
    }
  }
  const silence = flags['idle-timeout'];
  return {
    silence: silence === undefined ? undefined : silence / 1000,
    blobSize: flags['max-blob-size'],
    connections: flags['max-connections'],
    manifestSize: flags['max-manifest-size'],
    repositorySize: flags['max-repository-size'],
    uploads: flags['max-uploads'],
    requestsPerSecond: flags['rate-limit'],
  };
}

import type { Context } from './command.ts';
import { hostPlatform, parsePlatform, type Platform } from '../oci/platform.ts';

/**
 * What `--platform` means, as an option to pass on: nothing where it was not typed. Commands
 * that choose an image pass their environment, whose DOCKER_DEFAULT_PLATFORM then stands for
 * what was not typed. Throws InvalidInputError.
 */
export function platformOption(
  typed: string | undefined,
  env: Context['env'] = {},
): { readonly platform?: Platform } {
  const text = typed ?? env['DOCKER_DEFAULT_PLATFORM'];
  if (text === undefined || text === '') return {};
  return { platform: parsePlatform(text, hostPlatform(process.arch)) };
}

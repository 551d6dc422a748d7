import { hostPlatform, parsePlatform, type Platform } from '../oci/platform.ts';

/**
 * What `--platform` means, as an option to pass on: nothing where it was not typed. Throws
 * InvalidInputError.
 */
export function platformOption(text: string | undefined): { readonly platform?: Platform } {
  if (text === undefined || text === '') return {};
  return { platform: parsePlatform(text, hostPlatform(process.arch)) };
}

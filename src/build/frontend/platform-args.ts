import { formatPlatform, type Platform } from '../../oci/platform.ts';

/** The arguments that say what a platform is: `TARGETPLATFORM`, `TARGETOS` and so on, with a prefix. */
export function platformArgs(prefix: 'TARGET' | 'BUILD', platform: Platform): [string, string][] {
  return [
    [`${prefix}PLATFORM`, formatPlatform(platform)],
    [`${prefix}OS`, platform.os],
    [`${prefix}OSVERSION`, platform['os.version'] ?? ''],
    [`${prefix}ARCH`, platform.architecture],
    [`${prefix}VARIANT`, platform.variant ?? ''],
  ];
}

import type { UpstreamSettings } from './settings.ts';

/** Tags of a registry elsewhere that are copied into repositories of this one. */
export interface SyncSettings extends UpstreamSettings {
  /** Names, or patterns: `*` stops at `/`, `**` does not. For patterns the upstream must list its names. */
  readonly repositories: readonly string[];
  /** What comes before their names here: `copies` for `copies/team/app`. Empty for the same names. */
  readonly to: string;
  /** Patterns of tags; all without any. */
  readonly tags?: readonly string[] | undefined;
  /** Patterns of tags that are not copied. */
  readonly except?: readonly string[] | undefined;
  /** Only so many tags, those with the newest versions; what is no version is left out. */
  readonly newest?: number | undefined;
  /** Tags that came by such a job and are not among those any more are removed. */
  readonly remove?: boolean | undefined;
  /** False: signatures and whatever else refers to an image are left out. */
  readonly referrers?: boolean | undefined;
  /** How often it is done, in milliseconds; 0 for at the start alone. A day by default. */
  readonly every?: number | undefined;
}

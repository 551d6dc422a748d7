import type { ImageConfig } from '../../oci/image-config.ts';
import type { SettingDifference } from '../understand-types.ts';

/** Says of the platform, beside the defaults for containers. */
const OUTSIDE = ['architecture', 'os', 'variant', 'author'] as const;

/**
 * The settings that two configs do not have alike: variables and labels one by one, everything
 * else as a whole. When an image was made and from what is not looked at.
 */
export function compareConfigs(before: ImageConfig, after: ImageConfig): SettingDifference[] {
  const [old, now] = [settingsOf(before), settingsOf(after)];
  const keys = [...new Set([...old.keys(), ...now.keys()])].sort();
  return keys.flatMap((key): SettingDifference[] => {
    const [was, is] = [old.get(key), now.get(key)];
    if (JSON.stringify(was) === JSON.stringify(is)) return [];
    return [
      {
        key,
        ...(was !== undefined && { before: was }),
        ...(is !== undefined && { after: is }),
      },
    ];
  });
}

function settingsOf(document: ImageConfig): Map<string, unknown> {
  const settings = new Map<string, unknown>();
  const put = (key: string, value: unknown): void => {
    if (!isNothing(value)) settings.set(key, value);
  };
  for (const key of OUTSIDE) put(key, document[key]);
  const { Env = [], Labels = {}, ...rest } = document.config ?? {};
  for (const entry of Env) {
    const at = entry.indexOf('=');
    settings.set(`Env ${at < 0 ? entry : entry.slice(0, at)}`, at < 0 ? '' : entry.slice(at + 1));
  }
  for (const [key, value] of Object.entries(Labels)) settings.set(`Labels ${key}`, value);
  for (const [key, value] of Object.entries(rest)) put(key, value);
  return settings;
}

/** What builders write in place of nothing at all. */
function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

import type { FileFacts, FileVersion } from '../engine/understand-types.ts';

/** `0644`. */
export function modeText({ mode }: Pick<FileFacts, 'mode'>): string {
  return mode.toString(8).padStart(4, '0');
}

/** `1000:1000`. */
export function ownerText({ uid, gid }: Pick<FileFacts, 'uid' | 'gid'>): string {
  return `${uid}:${gid}`;
}

/** `added`, `changed: content, mode`, `same content`. */
export function changeText({ change, aspects }: FileVersion): string {
  if (change !== 'changed') return change;
  return aspects.length > 0 ? `changed: ${aspects.join(', ')}` : 'written again';
}

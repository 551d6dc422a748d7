import type { BuildRequest } from '../engine/build-types.ts';
import { flag, type Values } from './flags.ts';

/** Flags of `build` that ask why, and whether it comes out the same again. */
export const REASON_FLAGS = {
  'assert-cached': flag.toggle('Fail on the first step that would have to run, and say why'),
  explain: flag.toggle('Say of every step why it ran, or where its result came from'),
  'on-fail': flag.choice(
    ['none', 'shell'],
    'When a RUN fails: none, or a shell in the state that it left (asked for on a terminal)',
  ),
  format: flag.choice(['text', 'json'], 'How --verify says what it found: text or json'),
  reproducible: flag.toggle('The same image from the same inputs, at any time and place'),
  verify: flag.text('string', 'Build an image again without cache, and say what differs'),
};

/** What they ask of the engine. */
export function reasonRequest(flags: Values<typeof REASON_FLAGS>): Partial<BuildRequest> {
  return {
    ...(flags.explain && { explain: true }),
    ...(flags['assert-cached'] && { assertCached: true }),
    ...(flags.reproducible && { reproducible: true }),
  };
}

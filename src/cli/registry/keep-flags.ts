import type { KeepSettings } from '../../registry-server/maintenance/keeper.ts';
import type { TagRules } from '../../registry-server/maintenance/rules.ts';
import { UsageError } from '../../base/errors.ts';
import type { Context } from '../command.ts';
import { flag } from '../flags.ts';
import { readRulesFile } from './rules-file.ts';

const HOUR = 3_600_000;
/** In milliseconds. */
const DEFAULTS = { every: 6 * HOUR, grace: 24 * HOUR, scrubEvery: 7 * 24 * HOUR };
/** Bytes in a second. */
const SCRUB_RATE = 10 * 1024 * 1024;

/** Flags about how a registry keeps itself in order. */
export const KEEP_FLAGS = {
  'gc-grace': flag.age('Collect nothing that was of use less than this ago, "24h" by default'),
  'gc-interval': flag.age('How often to collect, "6h" by default; 0 for never'),
  rules: flag.text('file', 'Rules in YAML or JSON: which tags stay, and which may not change'),
  'scrub-interval': flag.age('How often to read all contents and check them, "7d" by default'),
  'scrub-rate': flag.bytes('Bytes that the check reads in a second, "10m" by default; 0 for never'),
};

/** What the flags say; `rules` are those of a config file. Throws UsageError and InvalidInputError. */
export async function keepSettings(
  context: Pick<Context<typeof KEEP_FLAGS>, 'flags' | 'cwd'>,
  { readOnly, rules }: { readonly readOnly: boolean; readonly rules?: TagRules | undefined },
): Promise<KeepSettings> {
  const { flags, cwd } = context;
  const scrubEvery = flags['scrub-interval'] ?? DEFAULTS.scrubEvery;
  if (scrubEvery === 0) {
    throw new UsageError('--scrub-interval must be more than 0', {
      hint: "Without any check: '--scrub-rate 0'.",
    });
  }
  return {
    every: flags['gc-interval'] ?? DEFAULTS.every,
    grace: flags['gc-grace'] ?? DEFAULTS.grace,
    rules: flags.rules === undefined && rules ? rules : await readRulesFile(flags.rules, cwd),
    readOnly,
    scrubRate: flags['scrub-rate'] ?? SCRUB_RATE,
    scrubEvery,
  };
}

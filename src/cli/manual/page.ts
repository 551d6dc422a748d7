import type { CommandEntry } from '../command-index.ts';
import type { Command, Example } from '../command.ts';
import type { Flag } from '../flags.ts';
import { MANUALS } from './manuals.ts';

/** One option as it is shown. */
export interface OptionRow {
  readonly short: string | undefined;
  readonly long: string;
  /** Empty for toggles. */
  readonly valueName: string;
  readonly summary: string;
}

/** Everything that help, man pages and the reference say of a command. */
export interface Page {
  /** The canonical name: `image ls`. */
  readonly name: string;
  readonly summary: string;
  /** What follows the name. */
  readonly usage: string;
  readonly aliases: readonly string[];
  /** Paragraphs. */
  readonly text: readonly string[];
  readonly examples: readonly Example[];
  /** Sorted. */
  readonly options: readonly OptionRow[];
  /** Exit codes other than the usual ones. */
  readonly exits: readonly (readonly [code: string, meaning: string])[];
}

/** The page of a command. */
export function pageOf(entry: CommandEntry, command: Command): Page {
  const manual = MANUALS[entry.name];
  return {
    name: entry.name,
    summary: entry.summary,
    usage: command.usage,
    aliases: entry.aliases,
    text: manual?.text ?? [],
    examples: command.examples,
    options: Object.entries(command.flags)
      .filter(([, flag]) => flag.refusal === undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([long, flag]) => ({
        short: flag.short,
        long,
        valueName: flag.valueName,
        summary: summaryOf(flag),
      })),
    exits: manual?.exits ?? [],
  };
}

function summaryOf({ initial, summary, valueName, words = [] }: Flag<unknown>): string {
  if (initial === true) return `${summary} (default true)`;
  return valueName === 'filter' && words.length > 0
    ? `${summary}; keys: ${words.join(', ')}`
    : summary;
}

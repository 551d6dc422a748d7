import { InvalidInputError } from '../../base/errors.ts';
import { anyPattern, pattern } from './patterns.ts';

/**
 * Which tags of which repositories may be removed. The first rule whose patterns mean the
 * repository is the one that counts. A tag goes when nothing in the rule keeps it.
 */
export interface RetentionRule {
  /** Patterns of repositories. */
  readonly repositories: readonly string[];
  /** Patterns of tags that the rule is about; without them all. Others stay. */
  readonly tags?: readonly string[] | undefined;
  /** So many tags that the rule is about stay, those that were pushed last. */
  readonly keepNewest?: number | undefined;
  /** Patterns of tags that stay. */
  readonly keepMatching?: readonly string[] | undefined;
  /** A tag stays until its last push is this old; in milliseconds. */
  readonly olderThan?: number | undefined;
  /** A tag stays until its manifest has not been pulled for this long; in milliseconds. */
  readonly notPulledFor?: number | undefined;
  /**
   * Manifests without a tag go when they have had none for this long, in milliseconds, unless
   * something else needs them. Without it they stay. Until then a tag can be rolled back to them.
   */
  readonly untaggedAfter?: number | undefined;
}

/** What is decided for a registry about tags. */
export interface TagRules {
  readonly retention: readonly RetentionRule[];
  /** Patterns `REPOSITORY:TAG` of tags that are neither changed nor removed once they are there. */
  readonly immutable: readonly string[];
}

/** Nothing is removed, everything may change. */
export const NO_RULES: TagRules = { retention: [], immutable: [] };

/** Tells tags that stay what they are. */
export function fixedTags(rules: TagRules): (repository: string, tag: string) => boolean {
  const tests = rules.immutable.map((text) => {
    const colon = text.lastIndexOf(':');
    const [repository, tag] = [pattern(text.slice(0, colon)), pattern(text.slice(colon + 1))];
    return (name: string, other: string) => repository(name) && tag(other);
  });
  return (repository, tag) => tests.some((test) => test(repository, tag));
}

/** The rule that counts for a repository. */
export function ruleFor(rules: TagRules, repository: string): RetentionRule | undefined {
  return rules.retention.find((rule) => anyPattern(rule.repositories)(repository));
}

const KEYS = {
  repositories: 'patterns',
  tags: 'patterns',
  'keep-newest': 'count',
  'keep-matching': 'patterns',
  'older-than': 'duration',
  'not-pulled-for': 'duration',
  'untagged-after': 'duration',
} as const;
const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * Rules from a parsed document: `{ "immutable": [...], "retention": [{ "repositories": [...],
 * "keep-newest": 10, "older-than": "30d" }] }`. Throws InvalidInputError, which names the place.
 */
export function readRules(document: unknown): TagRules {
  const fields = object(document, 'the rules');
  refuseOthers(fields, 'the rules', ['immutable', 'retention']);
  const { retention = [], immutable = [] } = fields;
  if (!Array.isArray(retention)) throw new InvalidInputError('"retention" is not a list');
  const fixed = patterns(immutable, '"immutable"');
  const wrong = fixed.find((text) => !/^[^:]+:[^:]+$/.test(text));
  if (wrong !== undefined) {
    throw new InvalidInputError(`"${wrong}" under "immutable" is not REPOSITORY:TAG`);
  }
  return {
    retention: retention.map((one, at) => readRule(one, `rule ${at + 1} of "retention"`)),
    immutable: fixed,
  };
}

function readRule(value: unknown, where: string): RetentionRule {
  const fields = object(value, where);
  refuseOthers(fields, where, Object.keys(KEYS));
  const read = (key: keyof typeof KEYS): never => {
    const field = fields[key];
    const place = `"${key}" in ${where}`;
    if (field === undefined) return undefined as never;
    if (KEYS[key] === 'patterns') return patterns(field, place) as never;
    if (KEYS[key] === 'count') return count(field, place) as never;
    return duration(field, place) as never;
  };
  const rule: RetentionRule = {
    repositories: read('repositories') ?? [],
    tags: read('tags'),
    keepNewest: read('keep-newest'),
    keepMatching: read('keep-matching'),
    olderThan: read('older-than'),
    notPulledFor: read('not-pulled-for'),
    untaggedAfter: read('untagged-after'),
  };
  if (rule.repositories.length === 0) {
    throw new InvalidInputError(`${where} has no "repositories"`);
  }
  return rule;
}

/** A mapping of a parsed document. Throws InvalidInputError, which names the place. */
export function object(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new InvalidInputError(`${where}: not a mapping of keys to values`);
}

/** Throws InvalidInputError for keys that are not known. */
export function refuseOthers(
  fields: Readonly<Record<string, unknown>>,
  where: string,
  known: readonly string[],
): void {
  const other = Object.keys(fields).find((key) => !known.includes(key));
  if (other === undefined) return;
  throw new InvalidInputError(`unknown key "${other}" in ${where}`, {
    hint: `There are ${known.join(', ')}.`,
  });
}

/** A text, or a list of texts. Throws InvalidInputError. */
export function patterns(value: unknown, where: string): string[] {
  const list = typeof value === 'string' ? [value] : value;
  if (Array.isArray(list) && list.every((one) => typeof one === 'string' && one !== '')) {
    return list as string[];
  }
  throw new InvalidInputError(`${where} is not a list of patterns`);
}

/** A whole number that is not negative. Throws InvalidInputError. */
export function count(value: unknown, where: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new InvalidInputError(`${where} is not a number of tags`);
}

/** `90s`, `12h`, `30d`, `8w` in milliseconds. Throws InvalidInputError. */
export function duration(value: unknown, where: string): number {
  const [, number = '', unit = ''] = /^(\d{1,6})([smhdw])$/.exec(String(value)) ?? [];
  if (number !== '') return Number(number) * (UNITS[unit] ?? 0);
  throw new InvalidInputError(`${where} is not a time such as 12h, 30d or 8w`);
}

import { InvalidInputError } from '../../base/errors.ts';
import type { Action } from './access.ts';
import { BoundedMap } from './bounded-map.ts';
import { parsePattern, type Pattern } from './patterns.ts';

/** Who a rule speaks of. */
type Who =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'users' }
  | { readonly kind: 'user' | 'group'; readonly name: string };

/** Some may do something in some repositories. */
export interface Rule {
  readonly who: readonly Who[];
  readonly pattern: Pattern;
  readonly actions: ReadonlySet<Action>;
}

/** Tells which groups a user is in. */
export type GroupsOf = (user: string) => ReadonlySet<string>;

const ACTIONS: readonly Action[] = ['pull', 'push', 'delete'];
const KNOWN_REPOSITORIES = 10_000;
const USER_NAME = /^[^\s:,@*\p{Cc}][^\s:,\p{Cc}]{0,254}$/u;

/** True for what a user or a group may be called. */
export function isUserName(text: string): boolean {
  return USER_NAME.test(text) && text !== 'anonymous';
}

/**
 * Reads `WHO:PATTERN:ACTIONS`. WHO are names with commas between them: a user, `@group`, `*` for
 * all who have signed in, `anonymous` for all. ACTIONS are `pull`, `push` and `delete`, or `all`.
 * Throws InvalidInputError.
 */
export function parseRule(text: string): Rule {
  const parts = text.split(':');
  const [who = '', pattern = '', actions = ''] = parts;
  try {
    if (parts.length !== 3) throw new RangeError('it has not three parts');
    return {
      who: who.split(',').map(parseWho),
      pattern: parsePattern(pattern),
      actions: parseActions(actions),
    };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InvalidInputError(`invalid rule ${JSON.stringify(text)}: ${error.message}`, {
      hint: "Write WHO:PATTERN:ACTIONS, such as 'alice,@devs:team/**:pull,push'.",
    });
  }
}

function parseWho(text: string): Who {
  if (text === 'anonymous') return { kind: 'everyone' };
  if (text === '*') return { kind: 'users' };
  const isGroup = text.startsWith('@');
  const name = isGroup ? text.slice(1) : text;
  if (!isUserName(name)) throw new RangeError(`"${text}" is no user`);
  return { kind: isGroup ? 'group' : 'user', name };
}

function parseActions(text: string): ReadonlySet<Action> {
  if (text === 'all') return new Set(ACTIONS);
  return new Set(
    text.split(',').map((word) => {
      const action = ACTIONS.find((one) => one === word);
      if (!action) throw new RangeError(`"${word}" is none of pull, push, delete and all`);
      return action;
    }),
  );
}

/**
 * What the rules allow. The rules with the weightiest pattern that matches a repository speak
 * for it, all of them together, and no others do.
 */
export class Rules {
  readonly #rules: readonly Rule[];
  readonly #groupsOf: GroupsOf;
  readonly #byRepository = new BoundedMap<readonly Rule[]>(KNOWN_REPOSITORIES);

  constructor(rules: readonly Rule[], groupsOf: GroupsOf) {
    this.#rules = rules;
    this.#groupsOf = groupsOf;
  }

  /** `user` is undefined for those who have not signed in. */
  allow(user: string | undefined, repository: string, action: Action): boolean {
    return this.#for(repository).some((rule) => this.#grants(rule, user, action));
  }

  /** There is a repository that they could pull from. */
  allowAny(user: string | undefined): boolean {
    return this.#rules.some((rule) => this.#grants(rule, user, 'pull'));
  }

  /** There is no repository that they could not pull from, whichever rules speak for it. */
  allowAll(user: string | undefined): boolean {
    return (
      this.#rules.some(({ pattern }) => pattern.text === '**') &&
      [...Map.groupBy(this.#rules, ({ pattern }) => pattern.text).values()].every((same) =>
        same.some((rule) => this.#grants(rule, user, 'pull')),
      )
    );
  }

  #for(repository: string): readonly Rule[] {
    const known = this.#byRepository.get(repository);
    if (known) return known;
    const matching = this.#rules.filter(({ pattern }) => pattern.matches(repository));
    const weight = Math.max(...matching.map(({ pattern }) => pattern.weight));
    const found = matching.filter(({ pattern }) => pattern.weight === weight);
    this.#byRepository.set(repository, found);
    return found;
  }

  #grants(rule: Rule, user: string | undefined, action: Action): boolean {
    if (!rule.actions.has(action)) return false;
    return rule.who.some((who) => {
      if (who.kind === 'everyone') return true;
      if (user === undefined) return false;
      if (who.kind === 'users') return true;
      return who.kind === 'group' ? this.#groupsOf(user).has(who.name) : who.name === user;
    });
  }
}

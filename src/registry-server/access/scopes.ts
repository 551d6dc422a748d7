import { isRepositoryName } from '../names.ts';
import type { Grants } from './access.ts';

/** One thing that a token is asked to allow, or allows. */
export interface Scope {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** The most scopes of one token. */
export const SCOPE_LIMIT = 100;

const ACTION = /^(?:[a-z]{1,32}|\*)$/;

/**
 * Reads `repository:NAME:pull,push`, or `undefined` for what is none that this registry knows:
 * such scopes are not granted, and no error.
 */
export function parseScope(text: string): Scope | undefined {
  const first = text.indexOf(':');
  const last = text.lastIndexOf(':');
  if (first < 1 || last <= first) return undefined;
  const [type = ''] = text.slice(0, first).split('(');
  const name = text.slice(first + 1, last);
  const actions = [...new Set(text.slice(last + 1).split(','))];
  if (actions.length > 8 || !actions.every((action) => ACTION.test(action))) return undefined;
  const isKnown =
    type === 'repository' ? isRepositoryName(name) : type === 'registry' && name === 'catalog';
  return isKnown ? { type, name, actions } : undefined;
}

/** What the scopes of a token come to. `*` stands for all actions. */
export function grantsOf(scopes: readonly Scope[]): Grants {
  const repositories = new Map<string, Set<string>>();
  let catalog = false;
  for (const { type, name, actions } of scopes) {
    if (type === 'registry' && name === 'catalog') catalog ||= actions.includes('*');
    if (type !== 'repository') continue;
    const known = repositories.get(name) ?? new Set();
    for (const action of actions) known.add(action);
    repositories.set(name, known);
  }
  return { repositories, catalog };
}

/** True when a token allows an action in a repository. */
export function isGranted({ repositories }: Grants, repository: string, action: string): boolean {
  const actions = repositories.get(repository);
  return actions !== undefined && (actions.has(action) || actions.has('*'));
}

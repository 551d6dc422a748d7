import { closest } from '../base/suggest.ts';
import { matchesGlob } from '../dockerfile/match.ts';
import { BakeError } from './errors.ts';
import { applyOverrides, type Grants, type Override } from './overrides.ts';
import {
  mergeFields,
  normalizeFields,
  type Definition,
  type Fields,
  type Group,
} from './target.ts';

/** A target with all that it inherits and that was set for it. */
export interface ResolvedTarget {
  readonly name: string;
  readonly fields: Fields;
  /** Only built because another one uses it as a context: it has no output of its own. */
  readonly linked: boolean;
}

/** What is to be built. */
export interface Resolved {
  /** In the order of their names. */
  readonly targets: ReadonlyMap<string, ResolvedTarget>;
  readonly groups: ReadonlyMap<string, Group>;
  /** What the overrides of the command line allow by naming it. */
  readonly grants: Grants;
}

/** A context that is the result of another target; undefined for other contexts. */
export function linkOf(context: string): string | undefined {
  return context.startsWith('target:') ? context.slice('target:'.length) : undefined;
}

/** Works out targets, and what they need. Throws BakeError. */
export function resolveTargets(
  definition: Definition,
  names: readonly string[],
  overrides: readonly Override[],
): Resolved {
  const resolver: Resolver = {
    definition,
    overrides,
    done: new Map(),
    followed: new Set(),
    grants: { read: [], write: [], networkHost: false, securityInsecure: false },
  };
  const wanted = [
    ...new Set(
      names.map((name) => name.replaceAll('.', '_')).flatMap((name) => matching(definition, name)),
    ),
  ];
  const targets = new Map<string, ResolvedTarget>();
  const groups = new Map<string, Group>();
  for (const name of wanted) {
    const found = expand(definition, name, new Map());
    for (const target of found.targets) targets.set(target, resolved(resolver, target, false));
    for (const group of found.groups) groups.set(group.name, group);
  }
  const typed = wanted.filter((name) => !(name === 'default' && groups.has('default')));
  if (typed.length > 0) {
    const before = groups.get('default');
    groups.set('default', {
      name: 'default',
      ...before,
      targets: [...(before?.targets ?? []), ...typed],
    });
  }
  const first = groups.get('default');
  if (first) groups.set('default', { ...first, targets: [...new Set(first.targets)].toSorted() });
  const wantedTargets = [...targets.keys()];
  for (const name of wantedTargets) follow(resolver, name, targets, []);
  return { targets: sortedByName(targets), groups: sortedByName(groups), grants: resolver.grants };
}

interface Resolver {
  readonly definition: Definition;
  readonly overrides: readonly Override[];
  readonly done: Map<string, Fields>;
  /** Targets whose links were followed. */
  readonly followed: Set<string>;
  readonly grants: Grants;
}

function sortedByName<T>(found: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function namesOf({ groups, targets }: Definition): string[] {
  return [...groups, ...targets].map(({ name }) => name);
}

/** The names that a pattern means; what is no pattern means itself. */
function matching(definition: Definition, pattern: string): readonly string[] {
  if (!/[*?[\]]/.test(pattern)) return [pattern];
  const names = namesOf(definition).filter((name) => matchesGlob(pattern, name));
  if (names.length > 0) return names;
  throw new BakeError(`could not find any target matching ${JSON.stringify(pattern)}`);
}

interface Expanded {
  readonly targets: readonly string[];
  readonly groups: readonly Group[];
}

/** The targets of a group, and the groups in it. A group comes before a target of the same name. */
function expand(definition: Definition, name: string, known: Map<string, Expanded>): Expanded {
  const before = known.get(name);
  if (before) return before;
  const group = definition.groups.find((one) => one.name === name);
  if (group === undefined) return { targets: [name], groups: [] };
  known.set(name, { targets: [], groups: [] });
  const targets = new Set<string>();
  const groups = new Set([group]);
  for (const one of group.targets) {
    const found = expand(definition, one, known);
    // A group that names itself means the target of that name.
    for (const target of found.targets.length > 0 ? found.targets : [one]) targets.add(target);
    for (const inner of found.groups) groups.add(inner);
  }
  const found = { targets: [...targets], groups: [...groups] };
  known.set(name, found);
  return found;
}

function resolved(resolver: Resolver, name: string, linked: boolean): ResolvedTarget {
  const { inherits: _, ...fields } = fieldsOf(resolver, name, new Set());
  return {
    name,
    linked,
    fields: {
      ...fields,
      context: fields.context ?? '.',
      dockerfile: fields.dockerfile || 'Dockerfile',
      ...(linked && { output: [new Map([['type', 'cacheonly']])] }),
    },
  };
}

function fieldsOf(resolver: Resolver, name: string, open: Set<string>): Fields {
  const known = resolver.done.get(name);
  if (known) return known;
  if (open.has(name)) return {};
  open.add(name);
  const target = resolver.definition.targets.find((one) => one.name === name);
  if (target === undefined) throw unknown(resolver.definition, name);
  let fields: Fields = {};
  for (const parent of target.fields.inherits ?? []) {
    fields = mergeFields(fields, fieldsOf(resolver, parent, open));
  }
  const own = resolver.overrides.filter(({ targets }) => targets.includes(name));
  const merged = normalizeFields(
    applyOverrides(mergeFields(fields, target.fields), own, resolver.grants),
  );
  resolver.done.set(name, merged);
  open.delete(name);
  return merged;
}

function unknown(definition: Definition, name: string): BakeError {
  const near = closest(name, namesOf(definition));
  return new BakeError(
    `failed to find target ${name}`,
    near === undefined ? "'stave bake --list targets' shows them." : `Did you mean ${near}?`,
  );
}

/** Adds the targets that contexts name. Throws BakeError for loops. */
function follow(
  resolver: Resolver,
  name: string,
  targets: Map<string, ResolvedTarget>,
  path: readonly string[],
): ResolvedTarget {
  let target = targets.get(name) ?? resolved(resolver, name, true);
  targets.set(name, target);
  if (resolver.followed.has(name)) return target;
  for (const context of target.fields.contexts?.values() ?? []) {
    const link = linkOf(context);
    if (link === undefined) continue;
    if (link === name) throw new BakeError(`target ${link} cannot link to itself`);
    if (path.includes(link)) throw new BakeError(`infinite loop from ${name} to ${link}`);
    const other = follow(resolver, link, targets, [...path, name]);
    checkPlatforms(target, other);
    const entitlements = [
      ...new Set([...(target.fields.entitlements ?? []), ...(other.fields.entitlements ?? [])]),
    ];
    if (entitlements.length > 0) {
      target = { ...target, fields: { ...target.fields, entitlements } };
      targets.set(name, target);
    }
  }
  resolver.followed.add(name);
  return target;
}

function checkPlatforms(target: ResolvedTarget, link: ResolvedTarget): void {
  const [own, others] = [target.fields.platforms ?? [], link.fields.platforms ?? []];
  if (own.length < 2 || others.length < 2 || own.every((one) => others.includes(one))) return;
  throw new BakeError(
    `target ${link.name} can't be used by ${target.name} because its platforms [${own.join(' ')}] are not a subset of [${others.join(' ')}]`,
  );
}

import { breather } from '../../base/limit.ts';
import type { Digest } from '../../oci/digest.ts';
import { dropManifest } from '../drop-manifest.ts';
import type { FileParts } from '../file-storage.ts';
import type { HistoryRow, ManifestRow } from '../index-tables.ts';
import { anyPattern, pattern } from './patterns.ts';
import { fixedTags, type RetentionRule, ruleFor, type TagRules } from './rules.ts';

const NAMES = 1000;
const ROWS = 500;
/** Clients wait at most about so long, in milliseconds. */
const BREATH = 10;
/** What only a removed manifest needed is looked at again; indexes in indexes are rare. */
const PASSES = 8;

/** How retention goes about it. */
export interface RetainOptions {
  /** Nothing is removed: rows say what would be. */
  readonly dryRun: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A tag or a manifest without one, and which part of its rule keeps or removes it. */
export interface RetainRow {
  readonly repository: string;
  /** Undefined for a manifest without a tag. */
  readonly tag: string | undefined;
  readonly digest: Digest;
  readonly removed: boolean;
  readonly reason: string;
}

interface TagRow {
  readonly name: string;
  readonly digest: Digest;
  readonly at: number;
  readonly pushed: number;
  readonly pulled: number | null;
}

/** Removes the tags and manifests that the rules do not keep. Immutable tags stay. */
export async function* retain(
  parts: FileParts,
  rules: TagRules,
  options: RetainOptions,
): AsyncGenerator<RetainRow> {
  const isFixed = fixedTags(rules);
  const pause = breather(BREATH);
  let after = '';
  for (;;) {
    const names = parts.tables.repositories(after, NAMES);
    for (const name of names) {
      options.signal?.throwIfAborted();
      await pause();
      const rule = ruleFor(rules, name);
      if (!rule) continue;
      yield* retainTags(parts, name, rule, (tag) => isFixed(name, tag), options);
      yield* retainUntagged(parts, name, rule, options);
    }
    if (names.length < NAMES) return;
    after = names.at(-1) ?? '';
  }
}

async function* retainTags(
  parts: FileParts,
  repository: string,
  rule: RetentionRule,
  isFixed: (tag: string) => boolean,
  options: RetainOptions,
): AsyncGenerator<RetainRow> {
  const { changes, clock, tables, turns } = parts;
  const now = clock.now().getTime();
  const isMeant = anyPattern(rule.tags ?? ['**']);
  const keepers = (rule.keepMatching ?? []).map((text) => ({ text, matches: pattern(text) }));
  const pause = breather(BREATH);
  const tags = tables.db
    .all<TagRow>(
      `SELECT t.name, t.digest, t.at, m.pushed, m.pulled FROM tags t
       JOIN manifests m ON m.repository = t.repository AND m.digest = t.digest
       WHERE t.repository = ? ORDER BY t.at DESC, t.name`,
      repository,
    )
    .filter(({ name }) => isMeant(name));
  for (const [rank, tag] of tags.entries()) {
    await pause();
    const match = keepers.find(({ matches }) => matches(tag.name));
    const keeper = isFixed(tag.name)
      ? 'immutable'
      : match
        ? `keep-matching ${match.text}`
        : keptBy(rule, tag, rank, now);
    const row = { repository, tag: tag.name, digest: tag.digest };
    if (keeper !== undefined) {
      yield { ...row, removed: false, reason: keeper };
      continue;
    }
    const isGone = await turns.take(repository, async () => {
      // It was pushed again in the meantime: then it is not what was judged.
      if (tables.tagRow(repository, tag.name)?.at !== tag.at) return false;
      if (options.dryRun) return true;
      const at = clock.now().toISOString();
      await changes.record(repository, { at, untag: tag.name, why: 'retention' });
      return true;
    });
    if (isGone) yield { ...row, removed: true, reason: `no part of its rule keeps it` };
  }
}

/** Undefined when nothing keeps it. */
function keptBy(rule: RetentionRule, tag: TagRow, rank: number, now: number): string | undefined {
  const { keepNewest, olderThan, notPulledFor } = rule;
  if (keepNewest !== undefined && rank < keepNewest) return `keep-newest ${keepNewest}`;
  if (olderThan !== undefined && tag.at > now - olderThan) {
    return `older-than: pushed ${new Date(tag.at).toISOString()}`;
  }
  const used = Math.max(tag.pulled ?? 0, tag.at);
  if (notPulledFor !== undefined && used > now - notPulledFor) {
    return `not-pulled-for: ${tag.pulled === null ? 'pushed' : 'pulled'} ${new Date(used).toISOString()}`;
  }
  const hasLimit = [keepNewest, olderThan, notPulledFor].some((one) => one !== undefined);
  return hasLimit ? undefined : 'the rule removes no tags';
}

async function* retainUntagged(
  parts: FileParts,
  repository: string,
  rule: RetentionRule,
  options: RetainOptions,
): AsyncGenerator<RetainRow> {
  const { untaggedAfter } = rule;
  if (untaggedAfter === undefined) return;
  const pause = breather(BREATH);
  for (let pass = 0; pass < PASSES; pass += 1) {
    let count = 0;
    const lost = lostTags(parts, repository);
    for (let after = 0; ;) {
      const rows = parts.tables.manifests(repository, after, ROWS);
      for (const manifest of rows) {
        await pause();
        const since = Math.max(lost.get(manifest.digest) ?? 0, manifest.pushed);
        const row = await untagged(parts, repository, manifest, { since, rule, options });
        if (!row || (pass > 0 && !row.removed)) continue;
        if (row.removed) count += 1;
        yield row;
      }
      if (rows.length < ROWS) break;
      after = rows.at(-1)?.id ?? 0;
      options.signal?.throwIfAborted();
    }
    if (count === 0 || options.dryRun) return;
  }
}

/** Undefined for a manifest that has a tag, or is gone by now. */
async function untagged(
  parts: FileParts,
  repository: string,
  manifest: ManifestRow,
  {
    since,
    rule,
    options,
  }: {
    readonly since: number;
    readonly rule: RetentionRule;
    readonly options: RetainOptions;
  },
): Promise<RetainRow | undefined> {
  const { clock, tables, turns } = parts;
  const { digest } = manifest;
  return turns.take(repository, async () => {
    if (!tables.manifest(repository, digest)) return undefined;
    if (tables.tagsOf(repository, digest).length > 0) return undefined;
    const row = { repository, tag: undefined, digest };
    const kept = (reason: string): RetainRow => ({ ...row, removed: false, reason });
    const parent = tables.neededBy(repository, digest);
    if (parent !== undefined) return kept(`needed by ${parent}`);
    const subject = tables.subjectOf(repository, digest);
    if (subject !== undefined && tables.manifest(repository, subject)) {
      return kept(`refers to ${subject}`);
    }
    const now = clock.now();
    const day = new Date(since).toISOString();
    if (since > now.getTime() - (rule.untaggedAfter ?? 0)) {
      return kept(`untagged-after: without a tag since ${day}`);
    }
    if (!options.dryRun) {
      await dropManifest(parts, repository, manifest, { at: now.toISOString(), why: 'retention' });
    }
    return { ...row, removed: true, reason: `untagged-after: without a tag since ${day}` };
  });
}

/** When each manifest lost a tag that it had, the last time. */
function lostTags({ tables }: FileParts, repository: string): Map<Digest, number> {
  const lost = new Map<Digest, number>();
  const current = new Map<string, HistoryRow>();
  for (let after = 0; ;) {
    const rows = tables.historyFrom(repository, after, ROWS);
    for (const row of rows) {
      const before = current.get(row.tag);
      if (before?.digest) lost.set(before.digest, row.at);
      current.set(row.tag, row);
    }
    if (rows.length < ROWS) return lost;
    after = rows.at(-1)?.place ?? 0;
  }
}

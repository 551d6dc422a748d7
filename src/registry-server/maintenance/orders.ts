import { existsSync } from 'node:fs';
import { type Digest, isDigest } from '../../oci/digest.ts';
import type { FileStorage } from '../file-storage.ts';
import type { HistoryRow } from '../index-tables.ts';
import { isRepositoryName, isTag } from '../names.ts';
import { RegistryDataError } from '../errors.ts';
import type { SyncRow } from '../mirror/sync-row.ts';
import type { SyncSettings } from '../mirror/sync-settings.ts';
import { collect, type CollectRow } from './collect.ts';
import { compactJournals } from './compact.ts';
import { retain, type RetainRow } from './retain.ts';
import { rollBack, type RollBack } from './roll-back.ts';
import { fixedTags, type TagRules } from './rules.ts';

/** What can be asked of a registry by those who run it. Times are in milliseconds. */
export type Order =
  | { readonly order: 'collect'; readonly grace: number; readonly dryRun: boolean }
  /** By other rules than the registry's own, if there are any. */
  | { readonly order: 'retain'; readonly rules?: TagRules | undefined; readonly dryRun: boolean }
  | {
      readonly order: 'log';
      readonly repository: string;
      readonly tag?: string | undefined;
      readonly limit: number;
    }
  | {
      readonly order: 'rollback';
      readonly repository: string;
      readonly tag: string;
      readonly to: Digest | number;
      readonly by?: string | undefined;
    }
  /** A job that copies from elsewhere, with the variables that its connections heed. */
  | {
      readonly order: 'sync';
      readonly job: SyncSettings;
      readonly variables: Readonly<Record<string, string>>;
      readonly dryRun: boolean;
    };

/** The rows that an order gives. */
export interface OrderRows {
  readonly collect: CollectRow;
  readonly retain: RetainRow;
  readonly log: HistoryRow;
  readonly rollback: RollBack;
  readonly sync: SyncRow;
}

/** What answers orders. */
export interface Administrator extends AsyncDisposable {
  /** Rows come as they are found. Throws RegistryDataError for what cannot be done. */
  run<O extends Order>(order: O): AsyncIterable<OrderRows[O['order']]>;
}

/** Carries an order out. The caller sees to it that no two collections run at once. */
export async function* carryOut(
  storage: FileStorage,
  rules: TagRules,
  order: Order,
  signal?: AbortSignal,
): AsyncGenerator<OrderRows[keyof OrderRows]> {
  const { parts } = storage;
  switch (order.order) {
    case 'collect':
      yield* collect(parts, { ...order, signal });
      if (!order.dryRun) await compactJournals(parts, { ...(signal && { signal }) });
      return;
    case 'retain':
      yield* retain(parts, order.rules ?? rules, { ...order, signal });
      return;
    case 'log':
      if (!parts.tables.repository(order.repository)) {
        throw new RegistryDataError(`there is no repository ${order.repository}`);
      }
      yield* parts.tables.history(order.repository, order.tag, order.limit);
      return;
    case 'rollback': {
      const isFixed = fixedTags(rules)(order.repository, order.tag);
      yield await rollBack(parts, order, order.to, { by: order.by, isFixed });
      return;
    }
    case 'sync': {
      const { syncOnce } = await import('../mirror/sync-rounds.ts');
      yield* syncOnce(order.job, {
        storage,
        clock: parts.clock,
        variable: (name) => order.variables[name],
        isMirrored: (repository) => existsSync(parts.paths.mirrored(repository)),
        tell: () => undefined,
        dryRun: order.dryRun,
        signal: signal ?? new AbortController().signal,
      });
    }
  }
}

/** True for an order that is well formed. It comes from a program of the same user. */
export function isOrder(value: unknown): value is Order {
  if (typeof value !== 'object' || value === null) return false;
  const { order, grace, dryRun, repository, tag, limit, to, job, variables } = value as Record<
    string,
    unknown
  >;
  const isNamed = typeof repository === 'string' && isRepositoryName(repository);
  const isTagged = typeof tag === 'string' && isTag(tag);
  switch (order) {
    case 'collect':
      return typeof grace === 'number' && grace >= 0 && typeof dryRun === 'boolean';
    case 'retain':
      return typeof dryRun === 'boolean';
    case 'sync':
      return typeof dryRun === 'boolean' && isObject(job) && isObject(variables);
    case 'log':
      return isNamed && (tag === undefined || isTagged) && Number.isSafeInteger(limit);
    case 'rollback':
      return isNamed && isTagged && (typeof to === 'string' ? isDigest(to) : Number.isInteger(to));
    default:
      return false;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

import type { KeepFigures } from '../maintenance/keeper.ts';
import type { RegistryStorage } from '../storage.ts';
import type { HookFigures } from '../events/hooks.ts';
import { family, type Sample } from './exposition.ts';
import { ProcessFigures } from './process-figures.ts';
import { RequestFigures } from './request-figures.ts';

/** Where figures come from. What is not there has none. */
export interface FigureSources {
  readonly storage: RegistryStorage;
  readonly keep?: (() => KeepFigures) | undefined;
  readonly hooks?: (() => readonly HookFigures[]) | undefined;
  readonly openUploads: () => number;
  readonly isReady: () => boolean | Promise<boolean>;
  readonly version: string;
  /** Further figures, in the text format. */
  readonly more?: (() => string) | undefined;
}

/** All figures of a registry. */
export class RegistryFigures implements Disposable {
  readonly requests: RequestFigures = new RequestFigures();
  readonly #process = new ProcessFigures();
  #failures = 0;

  /** Something failed that is nobody's fault outside: the storage, as a rule. */
  failed(): void {
    this.#failures += 1;
  }

  /** What `/metrics` shows: the text format of Prometheus. */
  async text(sources: FigureSources): Promise<string> {
    const { storage, keep, hooks, openUploads, isReady, version, more } = sources;
    const gauge = (name: string, help: string, value: number): string =>
      family(`stave_registry_${name}`, 'gauge', help, [{ value }]);
    return [
      family('stave_registry_info', 'gauge', 'What runs here.', [
        { labels: { version }, value: 1 },
      ]),
      this.requests.text(),
      family('stave_registry_failures_total', 'counter', 'Failures of the registry itself.', [
        { value: this.#failures },
      ]),
      gauge(
        'ready',
        'Whether the storage works, and nobody has asked for the end.',
        Number(await isReady()),
      ),
      gauge('open_uploads', 'Uploads that callers have open.', openUploads()),
      await storageText(storage),
      keep ? keepText(keep()) : '',
      hooks ? hooksText(hooks()) : '',
      more?.() ?? '',
      this.#process.text(),
    ].join('');
  }

  [Symbol.dispose](): void {
    this.#process[Symbol.dispose]();
  }
}

async function storageText(storage: RegistryStorage): Promise<string> {
  let figures;
  try {
    figures = await storage.figures?.();
  } catch {
    // What does not work is told by `ready`; the other figures are wanted all the more.
    return '';
  }
  if (!figures) return '';
  const { repositories, manifests, tags, contents, freeBytes, totalBytes } = figures;
  const gauge = (name: string, help: string, value: number): string =>
    family(`stave_registry_${name}`, 'gauge', help, [{ value }]);
  return [
    gauge('repositories', 'Repositories.', repositories),
    gauge('manifests', 'Manifests, by repository each.', manifests),
    gauge('tags', 'Tags.', tags),
    gauge('contents', 'Blobs and manifests, each counted once, minutes ago at most.', contents),
    gauge('disk_free_bytes', 'Room on the disk.', freeBytes),
    gauge('disk_size_bytes', 'Size of the disk.', totalBytes),
  ].join('');
}

function keepText(figures: KeepFigures): string {
  const { collections, collectedBytes, collectionTime, retained, failures, scrub } = figures;
  const counter = (name: string, help: string, value: number): string =>
    family(`stave_registry_${name}_total`, 'counter', help, [{ value }]);
  return [
    counter('collections', 'Collections that ended.', collections),
    counter('collected_bytes', 'Bytes that collections gave back.', collectedBytes),
    counter('collection_seconds', 'Time of all collections.', collectionTime / 1000),
    counter('retention_removals', 'Tags and manifests that no rule kept.', retained),
    counter('keep_failures', 'Collections and checks that failed.', failures),
    family('stave_registry_scrub_checked', 'gauge', 'Contents read by the last check.', [
      { value: scrub.checked },
    ]),
    family('stave_registry_scrub_damaged', 'gauge', 'Damage found by the last check.', [
      { value: scrub.damaged },
    ]),
  ].join('');
}

function hooksText(figures: readonly HookFigures[]): string {
  const by = (key: 'waiting' | 'delivered' | 'failed' | 'dead' | 'dropped'): Sample[] =>
    figures.map((one) => ({ labels: { endpoint: one.endpoint }, value: one[key] }));
  const counter = (name: string, help: string, samples: readonly Sample[]): string =>
    family(`stave_registry_webhook_${name}_total`, 'counter', help, samples);
  return [
    family('stave_registry_webhook_waiting', 'gauge', 'Events to deliver.', by('waiting')),
    counter('delivered', 'Events that were delivered.', by('delivered')),
    counter('failures', 'Attempts that failed.', by('failed')),
    counter('dead', 'Events that were given up.', by('dead')),
    counter('dropped', 'Events that the queue had no room for.', by('dropped')),
  ].join('');
}

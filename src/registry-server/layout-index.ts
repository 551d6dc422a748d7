import { closeSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { writeAll } from '../sys/write-all.ts';
import type { IndexTables } from './index-tables.ts';
import type { RegistryPaths } from './paths.ts';

/** How long changes are collected, in milliseconds. */
const DELAY = 1000;
/** At most this part of the time goes into writing. */
const SHARE = 20;
/** When a file could not be written, in milliseconds. */
const RETRY = 10_000;
const PIECE = 256 * 1024;

/**
 * Keeps `index.json` of each repository as its tables are: for other tools, soon after a change
 * and in any case when the registry ends.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md#indexjson-file
 */
export class LayoutIndexes {
  readonly #paths: RegistryPaths;
  readonly #tables: IndexTables;
  readonly #changed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(paths: RegistryPaths, tables: IndexTables) {
    this.#paths = paths;
    this.#tables = tables;
  }

  /** A repository is not what its file says any more. */
  changed(repository: string): void {
    this.#changed.add(repository);
    this.#schedule(DELAY);
  }

  /** Writes what is outstanding, as far as it goes. Throws the first system error then. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const failures: unknown[] = [];
    for (const repository of this.#changed) {
      try {
        this.#write(repository);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  #schedule(delay: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const start = Date.now();
      const [next] = this.#changed;
      let pause = 0;
      try {
        if (next !== undefined) this.#write(next);
      } catch {
        // The disk is full, for example. What matters is in the journal.
        if (next !== undefined) this.#changed.add(next);
        pause = RETRY;
      }
      pause += (Date.now() - start) * SHARE;
      if (this.#changed.size > 0) this.#schedule(pause);
    }, delay).unref();
  }

  #write(repository: string): void {
    this.#changed.delete(repository);
    const row = this.#tables.repository(repository);
    if (!row) return;
    const target = join(this.#paths.repository(repository), 'index.json');
    const fd = openSync(`${target}.new`, 'w', 0o644);
    try {
      for (const text of listText(this.#tables, repository)) writeAll(fd, Buffer.from(text));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(`${target}.new`, target);
    this.#tables.setListed(repository, row.applied);
  }
}

/** The `index.json` of a repository, in pieces. */
export function* listText(tables: IndexTables, repository: string): Generator<string> {
  let text =
    '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[';
  let comma = '';
  for (const { digest, mediaType, size, tag } of tables.listing(repository)) {
    const annotations = tag === null ? undefined : { 'org.opencontainers.image.ref.name': tag };
    text += comma + JSON.stringify({ mediaType, digest, size, annotations });
    comma = ',';
    if (text.length < PIECE) continue;
    yield text;
    text = '';
  }
  yield `${text}]}`;
}

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { StaveError } from '../../src/base/errors.ts';
import type { BuildInput } from '../../src/build/build-input.ts';
import { localCache, localCacheTarget } from '../../src/build/cache/local-cache.ts';
import { bench, image, root, type Bench, type Meanwhile } from '../../src/build/testing/bench.ts';
import { NOTHING_MORE } from '../../src/build/frontend/entitlements.ts';

import { pretend } from '../support/pretend-executor.ts';
import { dockerfileOf, history, type RandomBuild } from './random-build.ts';

/** How many random builds are edited; `npm run soak` asks for more. */
const runs = Number(process.env['STAVE_SOUNDNESS_RUNS'] ?? 40);
const seed = Number(process.env['STAVE_SOUNDNESS_SEED'] ?? Date.now() % 2 ** 31);
const EDITS = 2;
/** Histories after which stores begin anew, so that they do not grow without end. */
const FRESH_AFTER = 25;
/** Everything made is later, so that times are equal wherever it is made. */
const EPOCH = 1_000_000_000;

/** What a build gave: an image ID, or why there is none. */
type Outcome = string;

/** A store with a context of its own, elsewhere than all the others. */
class Machine implements Disposable {
  readonly #bench: Bench;
  readonly #after: (() => void)[] = [];
  readonly #scratch = mkdtempSync(join(tmpdir(), 'pretend-'));

  constructor() {
    this.#bench = bench({ after: (end) => void this.#after.push(end) });
  }

  async build(build: RandomBuild, input: Partial<BuildInput>): Promise<Outcome> {
    this.#write(build);
    const run: Meanwhile = (_store, _upper, process) => {
      const scratch = mkdtempSync(join(this.#scratch, 'run-'));
      const code = pretend(process, scratch);
      return code === 0 ? Promise.resolve() : Promise.reject(new Error(`exit code ${code}`));
    };
    try {
      const { id } = await this.#bench.build(
        dockerfileOf(build),
        {
          sourceDateEpoch: EPOCH,
          args: new Map([
            ['ARG', String(build.buildArg)],
            ['HTTP_PROXY', `http://proxy${build.secret}`],
          ]),
          run: {
            secrets: new Map([['s', Buffer.from(`secret ${build.secret}`)]]),
            ssh: new Map(),
            allow: NOTHING_MORE,
            rlimits: [],
            cgroup: undefined,
            noNewPrivileges: false,
            unfiltered: false,
          },
          ...input,
        },
        run,
        { base: image('base', String(build.base)) },
      );
      return id;
    } catch (error) {
      if (error instanceof StaveError) return error.message;
      throw error;
    }
  }

  #write({ files, ignored }: RandomBuild): void {
    const context = this.#bench.path('.');
    rmSync(context, { recursive: true, force: true });
    const all = { a: { content: 0, mode: 0o644 }, ...files };
    for (const [name, { content, mode }] of Object.entries(all)) {
      const path = join(context, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, `${name} ${content}\n`);
      chmodSync(path, mode);
    }
    writeFileSync(join(context, '.dockerignore'), `.dockerignore\n${ignored ?? ''}\n`);
  }

  [Symbol.dispose](): void {
    for (const end of this.#after) end();
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}

/** Machines that are used for many histories, and a folder for caches. */
class Machines implements Disposable {
  cached = new Machine();
  fresh = new Machine();
  readonly folder = mkdtempSync(join(tmpdir(), 'caches-'));
  #uses = 0;

  renew(): void {
    this.#uses += 1;
    if (this.#uses % FRESH_AFTER !== 0) return;
    this.cached[Symbol.dispose]();
    this.fresh[Symbol.dispose]();
    this.cached = new Machine();
    this.fresh = new Machine();
  }

  [Symbol.dispose](): void {
    this.cached[Symbol.dispose]();
    this.fresh[Symbol.dispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function exportTo(directory: string, mode: 'min' | 'max'): Partial<BuildInput> {
  const form = {
    mode,
    layers: { compression: 'uncompressed' },
    family: 'oci',
    imageManifest: true,
  } as const;
  const target = {
    label: directory,
    form,
    ignoreError: false,
    open: () => Promise.resolve(localCacheTarget(directory, { tag: 'latest', reset: false })),
  };
  return { caches: { from: [], to: [target], inline: false } };
}

function importFrom(label: string): Partial<BuildInput> {
  const open = (): Promise<ReturnType<typeof localCache>> =>
    Promise.resolve(localCache(label, { tag: 'latest' }));
  return { caches: { from: [{ label, open }], to: [], inline: false } };
}

test(
  `what the cache gives is what a build without it makes (${runs} random builds)`,
  root,
  async (t) => {
    t.diagnostic(`STAVE_SOUNDNESS_SEED=${seed}`);
    using machines = new Machines();
    let count = 0;
    await fc.assert(
      fc.asyncProperty(history(EDITS), fc.boolean(), async (builds, min) => {
        machines.renew();
        const cache = join(machines.folder, String((count += 1)));
        // This one knows nothing but what the others wrote down.
        using elsewhere = new Machine();
        for (const [i, build] of builds.entries()) {
          const wanted = await machines.fresh.build(build, { uncached: () => true });
          const where = `after edit ${i}:\n${dockerfileOf(build)}`;
          const found = await machines.cached.build(build, exportTo(cache, min ? 'min' : 'max'));
          assert.equal(found, wanted, `with the cache, ${where}`);
          const brought = await elsewhere.build(build, importFrom(cache));
          assert.equal(brought, wanted, `with the cache of another machine, ${where}`);
        }
        rmSync(cache, { recursive: true, force: true });
      }),
      { numRuns: runs, seed, interruptAfterTimeLimit: 7_200_000, markInterruptAsFailure: true },
    );
  },
);

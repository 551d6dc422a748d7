import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readArchive } from '../judges/archive.ts';
import { differences, type Outcome } from '../judges/compare.ts';
import { House, skip } from './house.ts';
import { dockerfileOf, history, type RandomBuild } from './random-build.ts';

/** How many random builds are edited; `npm run soak` asks for more. */
const runs = Number(process.env['STAVE_SOUNDNESS_RUNS'] ?? 5);
const EDITS = 2;

function write(context: string, build: RandomBuild): void {
  rmSync(context, { recursive: true, force: true });
  for (const [name, { content, executable }] of Object.entries(build.files)) {
    const path = join(context, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${name} ${content}\n`);
    chmodSync(path, executable ? 0o755 : 0o644);
  }
  writeFileSync(join(context, 'Dockerfile'), dockerfileOf(build));
  // The Dockerfile itself stays out: its text is not what is tested here.
  writeFileSync(
    join(context, '.dockerignore'),
    `Dockerfile\n.dockerignore\n${build.ignored ?? ''}\n`,
  );
}

function outcome(
  house: House,
  context: string,
  build: RandomBuild,
  flags: readonly string[],
): Outcome {
  const args = ['--network', 'none', '--build-arg', `ARG=${build.buildArg}`, '-t', 'made', context];
  const built = house.stave(['build', '-q', ...flags, ...args]);
  if (built.code !== 0) return { kind: 'refused', code: built.code, message: built.stderr };
  const archive = join(house.directory, 'made.tar');
  house.must(['save', '-o', archive, 'made']);
  return { kind: 'image', image: readArchive(archive) };
}

test(
  `what the cache gives is what a build without it makes (${runs} random builds)`,
  { skip },
  () => {
    // Two stores: one remembers everything, the other is told to forget, so that neither helps the other.
    using cached = new House();
    using fresh = new House();
    cached.base();
    fresh.base();
    const context = join(cached.directory, 'context');
    fc.assert(
      fc.property(history(EDITS), (builds) => {
        for (const [i, build] of builds.entries()) {
          write(context, build);
          const ours = outcome(cached, context, build, []);
          const theirs = outcome(fresh, context, build, ['--no-cache']);
          const found = differences(ours, theirs, -Infinity, ['the cache', 'a new build']);
          const base = (line: string): boolean => line.startsWith('history 0:');
          assert.deepEqual(
            found.filter((line) => !base(line)),
            [],
            `after edit ${i}:\n${dockerfileOf(build)}`,
          );
        }
      }),
      { numRuns: runs, interruptAfterTimeLimit: 3_600_000 },
    );
  },
);

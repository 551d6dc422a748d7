/**
 * stave against Docker (both stores), podman and buildah in one run: every repetition runs all of them, in rotating order, and the
 * ratios are medians of the ratios within a repetition. `npm run bench` brings the peers and starts this.
 *
 * usage: run.ts [--pairs N] [--without NAMES] [--cpu] [PATTERN]
 *   NAMES: peers that do not take part, with commas; PATTERN: a regular expression over workloads; --cpu: compare
 *   processor time, for machines that others use
 */

import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeBaseTar } from '../test/judges/builders.ts';
import { emptyNode, must, openRace, type Contender } from './contenders.ts';
import { measure, median } from './measure.ts';
import type { Workload } from './workload.ts';
import { workloads } from './workloads.ts';

const TMPFS = 0x01021994;
const ROOM = 12 * 2 ** 30;

const { values, positionals } = parseArgs({
  options: {
    pairs: { type: 'string', default: '5' },
    without: { type: 'string', default: '' },
    cpu: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const pairs = Number(values.pairs);
// One of the names has a comma in it.
const without = values.without.split(/,(?! )/);
const top = join(import.meta.dirname, '..');

/** Stores on a tmpfs where one has room: disks that others use tell about the others. */
function workFolder(): { path: string; onMemory: boolean } {
  const shm = '/dev/shm';
  const facts = existsSync(shm) ? statfsSync(shm) : undefined;
  const onMemory = facts?.type === TMPFS && facts.bavail * facts.bsize > ROOM;
  const path = mkdtempSync(join(onMemory ? shm : tmpdir(), 'stave-bench-'));
  return { path, onMemory };
}

function fill(contender: Contender, work: string): void {
  const call = (args: string[]): void => void must(contender.command(args), contender.env);
  call(['import', '-c', 'ENV PATH=/bin:/usr/bin', join(work, 'base.tar'), 'bench-base']);
  call(['import', join(top, '.demo/debian.tar'), 'debian']);
}

type Numbers = Map<string, number[]>;

async function race(workload: Workload, all: readonly Contender[]): Promise<Numbers> {
  const numbers: Numbers = new Map(all.map(({ name }) => [name, []]));
  for (const contender of all) workload.prepare(contender);
  for (let round = 0; round < pairs; round++) {
    for (let i = 0; i < all.length; i++) {
      const contender = all[(round + i) % all.length] as Contender;
      const argv = contender.command(workload.args(contender));
      const memory = workload.memory === true;
      const sample = await measure(argv, contender.env, { also: contender.daemons, memory });
      const time = values.cpu ? sample.cpu : sample.seconds;
      numbers.get(contender.name)?.push(memory ? sample.memory : time);
      for (const args of workload.after?.(contender) ?? []) {
        if (args.length > 0) must(contender.command(args), contender.env);
      }
    }
  }
  return numbers;
}

const cell = (workload: Workload, list: readonly number[] | undefined): string => {
  if (list === undefined) return '–';
  const show = (value: number): string =>
    workload.memory ? (value / 1e6).toFixed(0) : value.toFixed(3);
  return `${show(median(list))} [${show(Math.min(...list))}–${show(Math.max(...list))}]`;
};

function ratio(numbers: Numbers, other: string): string {
  const ours = numbers.get('stave') ?? [];
  const theirs = numbers.get(other);
  if (theirs === undefined) return '–';
  return median(ours.map((value, i) => value / (theirs[i] ?? NaN))).toFixed(2);
}

/** The ratio to the fastest of the others, which is another one for each workload. */
function best(numbers: Numbers): string {
  const others = [...numbers].filter(([name]) => name !== 'stave' && name !== EMPTY);
  const fastest = others.sort(([, a], [, b]) => median(a) - median(b))[0]?.[0];
  return fastest === undefined ? '–' : `**${ratio(numbers, fastest)}** of ${fastest}`;
}

const EMPTY = 'empty Node';
const COLUMNS = ['stave', 'docker', 'docker, containerd store', 'podman', 'buildah', EMPTY];

function row(workload: Workload, numbers: Numbers): string {
  return `| ${[
    `${workload.what}, ${workload.memory ? 'MB' : values.cpu ? 's of processor time' : 's'}`,
    ...COLUMNS.map((name) => cell(workload, numbers.get(name))),
    best(numbers),
    ratio(numbers, EMPTY),
  ].join(' | ')} |`;
}

const { path: work, onMemory } = workFolder();
try {
  using arena = await openRace(top, work);
  const busybox = existsSync('/bin/busybox') ? '/bin/busybox' : '/usr/bin/busybox';
  makeBaseTar(work, busybox);
  const racing = arena.contenders.filter(({ name }) => !without.includes(name));
  for (const contender of racing) fill(contender, work);
  const rows: string[] = [];
  for (const workload of workloads(work, top, new RegExp(positionals[0] ?? ''))) {
    console.error(`bench: ${workload.name}`);
    const takesPart = (one: Contender): boolean =>
      one.name !== 'buildah' || workload.args(one)[0] === 'build';
    const all = [...racing.filter(takesPart), ...(workload.startup ? [emptyNode(work)] : [])];
    rows.push(row(workload, await race(workload, all)));
  }
  const cpu = cpus();
  console.log(`${cpu.length} × ${cpu[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB; \
stores on ${onMemory ? 'tmpfs' : 'disk'}; ${pairs} repetitions: median [lowest–highest].
Ratios are stave's over theirs, medians of the repetitions' own: below 1, stave needs less.

| workload | ${COLUMNS.join(' | ')} | of the fastest | of ${EMPTY} |
|---|${'---|'.repeat(COLUMNS.length + 2)}
${rows.join('\n')}`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

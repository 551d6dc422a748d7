import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { contenders, start, type Contender } from './servers.ts';
import { workloads, type Workload } from './workloads.ts';

/** `bench/registry-server/run.ts [--rounds N] [PATTERN]`: prints a Markdown table. */
async function main(args: readonly string[]): Promise<void> {
  const at = args.indexOf('--rounds');
  const rounds = at === -1 ? 3 : Number(args[at + 1]);
  const pattern = new RegExp(
    args.filter((_, index) => at === -1 || (index !== at && index !== at + 1))[0] ?? '',
  );
  const all = contenders(resolve(import.meta.dirname, '../..'));
  const work = mkdtempSync(join(tmpdir(), 'bench-registry-'));
  try {
    const titles = all.map(({ name }) => name);
    const ratios = titles.slice(1).map((name) => `stave / ${name}`);
    const costs = titles.map((name) => `processor of ${name}`);
    const columns = ['', ...titles, ...ratios, ...costs];
    console.log(`| ${columns.join(' | ')} |`);
    console.log(`|${columns.map(() => '---').join('|')}|`);
    for (const workload of workloads.filter(({ name }) => pattern.test(name))) {
      console.log(await race(workload, all, { rounds, work }));
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** One line: the medians, the median of the rounds' own ratios, and what it cost the servers. */
async function race(
  workload: Workload,
  all: readonly Contender[],
  { rounds, work }: { readonly rounds: number; readonly work: string },
): Promise<string> {
  const values = new Map<string, number[]>(all.map(({ name }) => [name, []]));
  const costs = new Map<string, number[]>(all.map(({ name }) => [name, []]));
  let unit = '';
  for (let round = 0; round < rounds; round++) {
    const order = [...all.slice(round % all.length), ...all.slice(0, round % all.length)];
    for (const contender of order) {
      using server = await start(contender, work, 20_000 + (process.pid % 10_000));
      const figure = await workload.run(server, work);
      unit = figure.unit;
      values.get(contender.name)?.push(figure.value);
      if (figure.cpu !== undefined) costs.get(contender.name)?.push(figure.cpu);
    }
  }
  const [ours = [], ...others] = [...values.values()];
  const ratios = others.map((one) =>
    median(ours.map((value, round) => value / (one[round] ?? NaN))).toFixed(2),
  );
  const cells = [...values.values()].map((one) => `${shown(median(one))} ${unit}`);
  const spent = [...costs.values()].map((one) => (one.length === 0 ? '–' : cost(one, unit)));
  return `| ${[`${workload.name}: ${workload.what}`, ...cells, ...ratios, ...spent].join(' | ')} |`;
}

const cost = (values: readonly number[], unit: string): string =>
  `${shown(median(values))} ${unit === 'MB/s' ? 'ms for 1 GB' : 'µs each'}`;

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

const shown = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(1));

await main(process.argv.slice(2));

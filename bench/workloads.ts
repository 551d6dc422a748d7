import { randomFillSync } from 'node:crypto';
import { closeSync, cpSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { must, type Contender } from './contenders.ts';

/** One thing that every contender does, again and again. */
export interface Workload {
  readonly name: string;
  readonly what: string;
  /** Once for each contender, not timed. */
  prepare(contender: Contender): void;
  /** The timed command. */
  args(contender: Contender): string[];
  /** After each timed command, not timed: what would fill the disk goes. */
  after?(contender: Contender): string[][];
  /** Memory is compared instead of time. */
  readonly memory?: boolean;
  /** An empty Node takes part: what a program on Node cannot be faster than. */
  readonly startup?: boolean;
}

const nothing = (): void => {};

function build(contender: Contender, context: string, tag: string, ...more: string[]): string[] {
  return ['build', ...contender.buildFlags, ...more, '-t', tag, context];
}

/** The demo's image again, with nothing changed. */
function cachedDemo(work: string, top: string): Workload {
  const context = join(work, 'hello-c');
  cpSync(join(top, 'examples/hello-c'), context, { recursive: true });
  const args = (contender: Contender): string[] =>
    build(contender, context, 'bench-hello', '--network', 'host');
  return {
    name: 'cached',
    what: 'the demo built again, nothing changed',
    prepare: (contender) => void must(contender.command(args(contender)), contender.env),
    args,
  };
}

const COLD = `FROM bench-base AS tools
ARG WHO=world
ENV GREETING=hello
WORKDIR /src
COPY src/ .
RUN cat *.txt | sha256sum >sum
FROM bench-base
LABEL kind=bench
WORKDIR /app
COPY --from=tools /src/sum .
COPY src/1.txt .
RUN echo "$(cat sum)" >made
CMD ["cat", "made"]
`;

/** Two stages, twelve instructions, two RUN, no network: everything done anew. */
function cold(work: string): Workload {
  const context = join(work, 'cold');
  mkdirSync(join(context, 'src'), { recursive: true });
  for (let i = 1; i <= 20; i++) writeFileSync(join(context, `src/${i}.txt`), `file ${i}\n`);
  writeFileSync(join(context, 'Dockerfile'), COLD);
  return {
    name: 'cold',
    what: 'two stages, 13 instructions, 2 RUN, `--no-cache`',
    prepare: nothing,
    args: (contender) => build(contender, context, 'bench-cold', '--no-cache', '--network', 'none'),
  };
}

/** A gigabyte through COPY and another through RUN. */
function heavy(work: string): Workload {
  const context = join(work, 'heavy');
  mkdirSync(context, { recursive: true });
  const block = Buffer.alloc(1 << 20);
  const fd = openSync(join(context, 'big'), 'w');
  for (let i = 0; i < 1024; i++) writeSync(fd, randomFillSync(block));
  closeSync(fd);
  writeFileSync(
    join(context, 'Dockerfile'),
    'FROM bench-base\nCOPY big /big\nRUN cat /big >/again\n',
  );
  return {
    name: 'memory',
    what: 'peak memory of a build with two layers of 1 GiB (own processes, daemons included)',
    prepare: nothing,
    args: (contender) =>
      build(contender, context, 'bench-heavy', '--no-cache', '--network', 'none'),
    after: ({ name }) => [
      ['rmi', '-f', 'bench-heavy'],
      // Podman's builder cache is its images: pruning it all would take the base too.
      name === 'podman' ? ['image', 'prune', '-f'] : ['builder', 'prune', '-af'],
    ],
    memory: true,
  };
}

/** Commands that do next to nothing: what is measured is the start. */
function small(name: string): Workload {
  return {
    name,
    what: `\`${name}\``,
    prepare: nothing,
    args: () => [name],
    startup: true,
  };
}

/** A container that ends at once. */
function run(): Workload {
  return {
    name: 'run',
    what: '`run --rm --network none … true`',
    prepare: nothing,
    args: ({ runFlags }) => ['run', '--rm', '--network', 'none', ...runFlags, 'bench-base', 'true'],
  };
}

/** Those whose name matches, in the order of the report. */
export function workloads(work: string, top: string, wanted: RegExp): Workload[] {
  const makers: Record<string, () => Workload> = {
    version: () => small('version'),
    images: () => small('images'),
    run,
    cached: () => cachedDemo(work, top),
    cold: () => cold(work),
    memory: () => heavy(work),
  };
  return Object.entries(makers)
    .filter(([name]) => wanted.test(name))
    .map(([, make]) => make());
}

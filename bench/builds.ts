import { randomFillSync } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { must, type Contender } from './contenders.ts';
import type { Workload } from './workload.ts';

const nothing = (): void => {};

/** The arguments of a build of `context`. */
export function build(
  contender: Contender,
  context: string,
  tag: string,
  ...more: string[]
): string[] {
  return ['build', ...contender.buildFlags, ...more, '-t', tag, context];
}

const STAGES = `FROM bench-base AS tools
ENV GREETING=hello
WORKDIR /src
COPY src/ .
RUN cat *.txt | sha256sum >sum
FROM bench-base AS notes
COPY src/1.txt src/2.txt /notes/
RUN cat /notes/*.txt >/notes/all
FROM bench-base
COPY --from=tools /src/sum /app/
COPY --from=notes /notes/all /app/
CMD ["cat", "/app/all"]
`;

function stages(work: string): string {
  const context = join(work, 'stages');
  mkdirSync(join(context, 'src'), { recursive: true });
  for (let i = 1; i <= 20; i++) writeFileSync(join(context, `src/${i}.txt`), `file ${i}\n`);
  writeFileSync(join(context, 'Dockerfile'), STAGES);
  return context;
}

/** Three stages, twelve instructions, two RUN, no network: everything done anew. */
export function cold(work: string): Workload {
  const context = stages(work);
  return {
    name: 'cold',
    what: 'three stages, 12 instructions, 2 RUN, `--no-cache`',
    prepare: nothing,
    args: (contender) => build(contender, context, 'bench-cold', '--no-cache', '--network', 'none'),
  };
}

/** The same again, with nothing changed. */
export function cached(work: string): Workload {
  const context = stages(work);
  const args = (contender: Contender): string[] =>
    build(contender, context, 'bench-stages', '--network', 'none');
  return {
    name: 'cached',
    what: 'the same three stages again, nothing changed',
    prepare: (contender) => void must(contender.command(args(contender)), contender.env),
    args,
  };
}

/** A project of 20,000 files in 200 folders, and as many that an ignore file keeps out. */
function project(work: string): string {
  const context = join(work, 'project');
  const body = randomFillSync(Buffer.alloc(7500));
  for (let d = 0; d < 200; d++) {
    for (const top of ['src', 'modules']) {
      const folder = join(context, top, `d${d}`);
      mkdirSync(folder, { recursive: true });
      for (let f = 0; f < 100; f++) {
        body.writeUInt32LE(d * 100 + f);
        writeFileSync(join(folder, `f${f}`), top === 'src' ? body : '');
      }
    }
  }
  writeFileSync(join(context, '.dockerignore'), 'modules\n**/*.tmp\n');
  writeFileSync(
    join(context, 'Dockerfile'),
    'FROM bench-base\nWORKDIR /app\nCOPY . .\nRUN ls >/list\n',
  );
  return context;
}

/** Nothing changed among many files. */
export function unchanged(work: string): Workload {
  const context = project(work);
  const args = (contender: Contender): string[] =>
    build(contender, context, 'bench-project', '--network', 'none');
  return {
    name: 'unchanged',
    what: '20,000 files (and 20,000 ignored), nothing changed',
    prepare: (contender) => void must(contender.command(args(contender)), contender.env),
    args,
  };
}

/** One file changed among many, before each build. */
export function changed(work: string): Workload {
  const context = project(work);
  let round = 0;
  const args = (contender: Contender): string[] =>
    build(contender, context, 'bench-project', '--network', 'none');
  return {
    name: 'changed',
    what: 'the same with one file changed',
    prepare: (contender) => void must(contender.command(args(contender)), contender.env),
    args: (contender) => {
      writeFileSync(join(context, 'src/d7/f7'), `round ${++round}\n`);
      return args(contender);
    },
  };
}

/** Half a gigabyte through COPY, in ten files. */
export function bigFiles(work: string): Workload {
  const context = join(work, 'big');
  mkdirSync(join(context, 'data'), { recursive: true });
  const block = Buffer.alloc(1 << 20);
  for (let i = 0; i < 10; i++) {
    const fd = openSync(join(context, `data/${i}`), 'w');
    for (let n = 0; n < 50; n++) writeSync(fd, randomFillSync(block));
    closeSync(fd);
  }
  writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY data /data\n');
  return copied('copy-big', 'COPY of 500 MB in ten files', context);
}

/** A hundred megabytes through COPY, in fifty thousand files. */
export function smallFiles(work: string): Workload {
  const context = join(work, 'small');
  const body = randomFillSync(Buffer.alloc(2000));
  for (let d = 0; d < 500; d++) {
    const folder = join(context, 'data', `d${d}`);
    mkdirSync(folder, { recursive: true });
    for (let f = 0; f < 100; f++) {
      body.writeUInt32LE(d * 100 + f);
      writeFileSync(join(folder, `f${f}`), body);
    }
  }
  writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY data /data\n');
  return copied('copy-small', 'COPY of 100 MB in 50,000 files', context);
}

/** A context that is new to the builder each time: its Dockerfile's name and place are not. */
function copied(name: string, what: string, context: string): Workload {
  return {
    name,
    what: `${what}, \`--no-cache\``,
    prepare: nothing,
    args: (contender) => build(contender, context, `bench-${name}`, '--no-cache'),
    after: ({ name: tool }) => [
      ['rmi', '-f', `bench-${name}`],
      // Podman's builder cache is its images: pruning it all would take the base too.
      ['podman', 'buildah'].includes(tool) ? [] : ['builder', 'prune', '-af'],
    ],
  };
}

/** Thirty containers that do nothing much, one after the other. */
export function runs(work: string): Workload {
  const context = join(work, 'runs');
  mkdirSync(context, { recursive: true });
  const lines = Array.from({ length: 30 }, (_, i) => `RUN echo ${i} >/f${i}`);
  writeFileSync(join(context, 'Dockerfile'), `FROM bench-base\n${lines.join('\n')}\n`);
  return {
    name: 'runs',
    what: 'thirty tiny RUN, `--no-cache`',
    prepare: nothing,
    args: (contender) => build(contender, context, 'bench-runs', '--no-cache', '--network', 'none'),
  };
}

/** Eight stages that wait a second each and do not need one another. */
export function sleeps(work: string): Workload {
  const context = join(work, 'sleeps');
  mkdirSync(context, { recursive: true });
  const all = Array.from({ length: 8 }, (_, i) => i);
  const text = [
    ...all.map((i) => `FROM bench-base AS s${i}\nRUN sleep 1 && echo ${i} >/made`),
    'FROM scratch',
    ...all.map((i) => `COPY --from=s${i} /made /m${i}`),
  ].join('\n');
  writeFileSync(join(context, 'Dockerfile'), `${text}\n`);
  return {
    name: 'sleeps',
    what: 'eight independent stages of `RUN sleep 1`, `--no-cache`',
    prepare: nothing,
    args: (contender) =>
      build(
        contender,
        context,
        'bench-sleeps',
        '--no-cache',
        '--network',
        'none',
        ...(['podman', 'buildah'].includes(contender.name) ? ['--jobs', '8'] : []),
      ),
  };
}

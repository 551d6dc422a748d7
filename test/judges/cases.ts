import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** One Dockerfile that both builders get. Lines of comments at its top say how. */
export interface Case {
  readonly name: string;
  readonly directory: string;
  /** From `# build: …`: flags of `build`, split at blanks. */
  readonly flags: readonly string[];
  /** From `# prepare: …`: shell commands run in the copied context. */
  readonly prepare: string;
  /** From `# expect: failure`: both builders must refuse. */
  readonly fails: boolean;
}

/** All files of a context get this time, so that copied times can be told from the builder's. */
const CONTEXT_TIME = 1_577_934_245;

function readCase(directory: string, name: string): Case {
  const text = readFileSync(join(directory, 'Dockerfile'), 'utf8');
  const says = (word: string): string =>
    new RegExp(`^# ${word}: (.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  return {
    name,
    directory,
    flags: says('build').split(/\s+/).filter(Boolean),
    prepare: says('prepare'),
    fails: says('expect') === 'failure',
  };
}

/** The corpus: `test/judges/cases`, and the examples that need no base but the judges' own. */
export function corpus(top: string, pattern: RegExp): Case[] {
  return ['test/judges/cases', 'examples']
    .flatMap((folder) =>
      readdirSync(join(top, folder))
        .filter((name) => existsSync(join(top, folder, name, 'Dockerfile')))
        .map((name) => readCase(join(top, folder, name), name)),
    )
    .filter(({ name }) => pattern.test(name))
    .filter(({ directory }) => {
      const text = readFileSync(join(directory, 'Dockerfile'), 'utf8');
      return !/^FROM debian/im.test(text);
    });
}

/** Copies the context to `target`, prepares it, and settles its times. */
export function stage(item: Case, target: string): void {
  cpSync(item.directory, target, { recursive: true, verbatimSymlinks: true });
  execFileSync('chmod', ['-R', 'u=rwX,go=rX', target]);
  if (item.prepare !== '') {
    execFileSync('sh', ['-euc', item.prepare], { cwd: target, env: { PATH: process.env['PATH'] } });
  }
  execFileSync('find', [
    target,
    '-depth',
    '-exec',
    'touch',
    '-h',
    '-d',
    `@${CONTEXT_TIME}`,
    '{}',
    '+',
  ]);
}

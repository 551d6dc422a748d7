import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** One Dockerfile that both builders get. Lines of comments at its top say how. */
export interface Case {
  readonly name: string;
  /** What is copied to be the context; the families share one that is made, and have a text. */
  readonly directory?: string;
  readonly text?: string;
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

/** Files that the contexts of families begin with. */
const FAMILY_FILES: Readonly<Record<string, string>> = {
  a: 'a\n',
  b: 'b\n',
  'd/a.txt': 'da\n',
  'd/r.md': 'r\n',
  'd/sub/b.txt': 'sb\n',
  'd/sub/n.md': 'n\n',
  'd/sub/deep/c.txt': 'c\n',
  'e/a.txt': 'ea\n',
  passwd: 'root:x:0:0::/root:/bin/sh\nbob:x:1001:2002::/home/bob:/bin/sh\n',
  group: 'root:x:0:\nbob:x:2002:\nstaff:x:50:bob\nwheel:x:10:\n',
};

/**
 * Many small Dockerfiles in one file: each begins with a line `=== name`. Lines `@build`,
 * `@prepare` and `@expect failure` are taken out of it and mean what they mean in comments of a case.
 */
function readFamily(path: string): Case[] {
  const [, ...sections] = readFileSync(path, 'utf8').split(/^=== /m);
  return sections.map((section) => {
    const [name = '', ...lines] = section.split('\n');
    const said = (word: string): string[] =>
      lines
        .filter((line) => line.startsWith(`@${word} `))
        .map((line) => line.slice(word.length + 2));
    return {
      name,
      text: lines.filter((line) => !/^@(?:build|prepare|expect) /.test(line)).join('\n'),
      flags: ['--network=none', ...said('build').flatMap((flags) => flags.split(/\s+/))],
      prepare: said('prepare').join('\n'),
      fails: said('expect').includes('failure'),
    };
  });
}

function families(top: string): Case[] {
  const folder = join(top, 'test/judges/families');
  return readdirSync(folder).flatMap((name) => readFamily(join(folder, name)));
}

/** The corpus: `test/judges/cases`, the families, and the examples that need no base but the judges' own. */
export function corpus(top: string, pattern: RegExp): Case[] {
  const cases = ['test/judges/cases', 'examples'].flatMap((folder) =>
    readdirSync(join(top, folder))
      .filter((name) => existsSync(join(top, folder, name, 'Dockerfile')))
      .filter((name) => {
        const text = readFileSync(join(top, folder, name, 'Dockerfile'), 'utf8');
        return !/^FROM debian/im.test(text);
      })
      .map((name) => readCase(join(top, folder, name), name)),
  );
  return [...cases, ...families(top)].filter(({ name }) => pattern.test(name));
}

/** Copies or makes the context in `target`, prepares it, and settles its times. */
export function stage(item: Case, target: string): void {
  if (item.directory !== undefined) {
    cpSync(item.directory, target, { recursive: true, verbatimSymlinks: true });
  }
  if (item.text !== undefined) {
    for (const [name, content] of Object.entries({ ...FAMILY_FILES, Dockerfile: item.text })) {
      mkdirSync(join(target, dirname(name)), { recursive: true });
      writeFileSync(join(target, name), content);
    }
  }
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

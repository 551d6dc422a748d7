/**
 * Builds Dockerfiles of real projects with stave and with BuildKit, and prints what differs. Their base
 * images are stand-ins whose shell writes down what it is called with (stand-ins.ts), so that nothing is
 * fetched and everything the builder does is still compared. Needs root, the peers and a dockerd.
 *
 * usage: projects.ts FOLDER [-v] [--list FILE | --find] [PATTERN]
 *   FOLDER  git repositories, each as FOLDER/<owner>/<name> (a clone, or bare)
 *   --list  lines `owner/name commit Dockerfile [context]` (default: test/judges/projects.txt)
 *   --find  judge every Dockerfile of every repository, and print such lines for those that are the same
 */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { acceptedBecause } from './accepted.ts';
import { build, peer, stave as staveOf } from './builders.ts';
import type { Case } from './cases.ts';
import { differences } from './compare.ts';
import { makeStandIn, standIn, type Rewritten } from './stand-ins.ts';

interface Entry {
  readonly repository: string;
  readonly commit: string;
  readonly dockerfile: string;
  readonly context: string;
}

const top = join(import.meta.dirname, '../..');
const [folder = '', ...rest] = process.argv.slice(2);
const verbose = rest.includes('-v');
const find = rest.includes('--find');
const pattern = new RegExp(rest.find((arg) => !arg.startsWith('-')) ?? '');
const work = mkdtempSync(join(tmpdir(), 'stave-projects-'));
const stave = staveOf(top, work);
const docker = peer(top, work, ['docker']);

const gitOf = (repository: string): string => {
  const path = join(folder, repository);
  return existsSync(join(path, '.git')) ? join(path, '.git') : path;
};

function git(repository: string, ...args: string[]): string {
  return execFileSync('git', ['--git-dir', gitOf(repository), ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
}

function listed(): Entry[] {
  const file = join(top, 'test/judges/projects.txt');
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [repository = '', commit = '', dockerfile = '', context = dirname(dockerfile)] =
        line.split(' ');
      return { repository, commit, dockerfile, context };
    });
}

function found(): Entry[] {
  const repositories = readdirSync(folder).flatMap((owner) =>
    readdirSync(join(folder, owner)).map((name) => `${owner}/${name}`),
  );
  return repositories.flatMap((repository) => {
    const commit = git(repository, 'rev-parse', 'HEAD').trim();
    return git(repository, 'ls-tree', '-r', '--name-only', 'HEAD')
      .split('\n')
      .filter((path) => /(?:^|\/)(?:Dockerfile[^/]*|[^/]*\.[Dd]ockerfile)$/.test(path))
      .filter((path) => !/dockerignore|\.(?:md|j2|template|tmpl|go|sh|py|erb)$/.test(path))
      .flatMap((dockerfile) => [
        { repository, commit, dockerfile, context: dirname(dockerfile) },
        ...(dirname(dockerfile) === '.' ? [] : [{ repository, commit, dockerfile, context: '.' }]),
      ]);
  });
}

/** Brings a context here; false where the repository does not hold it whole. */
function extract({ repository, commit, context }: Entry, target: string): boolean {
  mkdirSync(target, { recursive: true });
  const archive = join(work, 'context.tar');
  const tree = context === '.' ? commit : `${commit}:${context}`;
  try {
    git(repository, 'archive', '-o', archive, tree);
  } catch {
    return false;
  }
  execFileSync('tar', ['-xf', archive, '-C', target]);
  return true;
}

const tagged = new Set<string>();
/** Not for each build: even with --no-cache BuildKit takes directories that an earlier build made. */
const since = Math.floor(Date.now() / 1000);

/** Lets the stand-in answer to the names of base images. */
function tag(names: readonly string[]): void {
  for (const name of names) {
    if (tagged.has(name)) continue;
    tagged.add(name);
    for (const one of [stave, docker]) one.call(['tag', 'judge/stand-in:latest', name]);
  }
}

function prepare(all: readonly Rewritten[]): void {
  const tree = join(work, 'stand-in');
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
  if (busybox === undefined) throw new Error('no busybox: run npm run setup');
  const users = [...new Set(all.flatMap((one) => one.users))].sort();
  const paths = [...new Set(all.flatMap((one) => one.paths))].sort();
  makeStandIn(tree, readFileSync(busybox), users, paths);
  execFileSync('find', [tree, '-depth', '-exec', 'touch', '-h', '-d', '@1500000000', '{}', '+']);
  const tar = join(work, 'stand-in.tar');
  execFileSync('tar', ['--sort=name', '--owner=0', '--group=0', '-C', tree, '-cf', tar, '.']);
  const archive = join(work, 'stand-in-image.tar');
  for (const [builder, args] of [
    [stave, ['import', '-c', 'CMD ["sh"]', tar, 'judge/stand-in:latest']],
    [stave, ['save', '-o', archive, 'judge/stand-in:latest']],
    [docker, ['load', '-i', archive]],
    [docker, ['builder', 'prune', '-af']],
  ] as const) {
    const ran = builder.call(args);
    if (ran.code !== 0) throw new Error(`${builder.name} ${args.join(' ')}: ${ran.stderr}`);
  }
}

interface Verdict {
  readonly word: 'same' | 'accepted' | 'DIFFERENT' | 'refused' | 'skipped';
  readonly lines: readonly string[];
}

function judge(entry: Entry, rewritten: Rewritten, index: number): Verdict {
  const context = join(work, `context-${index}`);
  try {
    if (!extract(entry, context)) return { word: 'skipped', lines: ['its context is not at hand'] };
    const name = `projects-${index}`;
    const ignore = join(context, `${relative(entry.context, entry.dockerfile)}.dockerignore`);
    writeFileSync(join(context, 'Dockerfile.judged'), rewritten.text);
    if (existsSync(ignore)) {
      writeFileSync(join(context, 'Dockerfile.judged.dockerignore'), readFileSync(ignore));
    }
    writeFileSync(join(work, 'secret'), 'secret\n');
    const secrets = rewritten.secrets.flatMap((id) => [
      '--secret',
      `id=${id},src=${join(work, 'secret')}`,
    ]);
    const flags = ['-f', 'Dockerfile.judged', '--network', 'none', ...secrets];
    const item: Case = { name, directory: context, flags, prepare: '', fails: false };
    settle(context);
    tag(rewritten.bases);
    const theirs = build(docker, item, context, work);
    const ours = build(stave, item, context, work);
    if (ours.kind === 'refused' && theirs.kind === 'refused') {
      return { word: 'refused', lines: [`stave: ${ours.message}`, `BuildKit: ${theirs.message}`] };
    }
    const lines = differences(ours, theirs, since);
    const open = lines.filter((line) => acceptedBecause(entry.repository, line) === undefined);
    if (open.length > 0) return { word: 'DIFFERENT', lines: open };
    return { word: lines.length > 0 ? 'accepted' : 'same', lines };
  } finally {
    rmSync(context, { recursive: true, force: true });
    for (const one of [stave, docker]) one.call(['rmi', '-f', `judge/projects-${index}`]);
  }
}

/** Times and modes that tell a copied file from a made one. */
function settle(context: string): void {
  execFileSync('chmod', ['-R', 'u=rwX,go=rX', context]);
  execFileSync('find', [context, '-depth', '-exec', 'touch', '-h', '-d', '@1577934245', '{}', '+']);
}

try {
  const entries = (find ? found() : listed()).filter((one) =>
    pattern.test(`${one.repository} ${one.dockerfile}`),
  );
  const seen = new Set<string>();
  const jobs = entries.flatMap((entry) => {
    const source = git(entry.repository, 'show', `${entry.commit}:${entry.dockerfile}`);
    const rewritten = standIn(source);
    if (typeof rewritten === 'string') {
      if (verbose) console.log(`skipped   ${entry.repository} ${entry.dockerfile} (${rewritten})`);
      return [];
    }
    return [{ entry, rewritten, source }];
  });
  prepare(jobs.map(({ rewritten }) => rewritten));
  const tally = new Map<string, number>();
  for (const [index, { entry, rewritten, source }] of jobs.entries()) {
    if (find && seen.has(source)) continue;
    const { word, lines } = judge(entry, rewritten, index);
    tally.set(word, (tally.get(word) ?? 0) + 1);
    if (word !== 'refused' && word !== 'skipped') seen.add(source);
    const line = `${entry.repository} ${entry.commit} ${entry.dockerfile} ${entry.context}`;
    console.log(`${word.padEnd(10)}${line}`);
    if (word === 'DIFFERENT' || verbose) for (const one of lines) console.log(`    ${one}`);
  }
  console.log(`\n${[...tally].map(([word, count]) => `${count} ${word}`).join(', ')}`);
  process.exitCode = tally.has('DIFFERENT') ? 1 : 0;
} finally {
  rmSync(work, { recursive: true, force: true });
}

/**
 * Builds every Dockerfile of the corpus with stave and with BuildKit, and prints what differs; then lets
 * Docker, podman and skopeo read what `stave save` wrote. Needs root, the peers (scripts/peers.sh) and a
 * dockerd: `npm run judges` brings them.
 *
 * usage: run.ts [-v] [PATTERN]     PATTERN: a regular expression over the names of cases
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acceptedBecause } from './accepted.ts';
import { build, makeBaseTar, peer, stave as staveOf, type Builder } from './builders.ts';
import { corpus, stage, type Case } from './cases.ts';
import { differences, equalDiffIds } from './compare.ts';
import { readers } from './readers.ts';

const top = join(import.meta.dirname, '../..');
const args = process.argv.slice(2);
const verbose = args.includes('-v');
const pattern = new RegExp(args.find((arg) => arg !== '-v') ?? '');
const work = mkdtempSync(join(tmpdir(), 'stave-judges-'));

const stave = staveOf(top, work);
const docker = peer(top, work, ['docker']);
const storage = ['--root', join(work, 'podman'), '--runroot', join(work, 'podman-run')];
const podman = peer(top, work, [
  'podman',
  ...storage,
  '--cgroup-manager',
  'cgroupfs',
  '--runtime',
  'runc',
]);
const skopeo = peer(top, work, ['skopeo', '--insecure-policy']);

function must(builder: Builder, command: readonly string[]): void {
  const ran = builder.call(command);
  if (ran.code !== 0) throw new Error(`${builder.name} ${command.join(' ')}: ${ran.stderr}`);
}

function prepareBase(): void {
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
  if (busybox === undefined) throw new Error('no busybox: run npm run setup');
  const tar = makeBaseTar(work, busybox);
  const archive = join(work, 'base-image.tar');
  const changes = ['-c', 'ENV PATH=/bin:/usr/bin', '-c', 'CMD ["sh"]', '-c', 'LABEL base=yes'];
  must(stave, ['import', ...changes, tar, 'judge/base:latest']);
  must(stave, ['save', '-o', archive, 'judge/base:latest']);
  must(docker, ['load', '-i', archive]);
  // What earlier runs left would come back with their times.
  must(docker, ['builder', 'prune', '-af']);
}

interface Tally {
  same: number;
  accepted: number;
  different: number;
  layers: number;
  equalLayers: number;
}

function judge(item: Case, tally: Tally): void {
  // A folder for each: BuildKit takes a file of the same path, size and time for the same file.
  const context = join(work, `context-${item.name}`);
  mkdirSync(context);
  stage(item, context);
  const since = Math.floor(Date.now() / 1000);
  const theirs = build(docker, item, context, work);
  const ours = build(stave, item, context, work);
  const found = differences(ours, theirs, since);
  if (item.fails && ours.kind === 'image') found.push('stave builds what must be refused');
  const meant = found.map((line) => ({ line, why: acceptedBecause(item.name, line) }));
  const open = meant.filter(({ why }) => why === undefined);
  const ids = equalDiffIds(ours, theirs);
  tally.layers += ids.of;
  tally.equalLayers += ids.same;
  const word = open.length > 0 ? 'DIFFERENT' : meant.length > 0 ? 'accepted' : 'same';
  tally[word === 'DIFFERENT' ? 'different' : word] += 1;
  const detail =
    ours.kind === 'refused'
      ? `both refuse: ${ours.message}`
      : `${ids.same}/${ids.of} diff IDs equal`;
  console.log(`${word.padEnd(10)}${item.name}${verbose || word !== 'same' ? ` (${detail})` : ''}`);
  for (const { line, why } of meant) {
    if (why === undefined) console.log(`  ${line}`);
    else if (verbose) console.log(`  (meant: ${why}) ${line}`);
  }
}

function judgeReaders(): number {
  const context = join(work, 'context-reader');
  const item: Case = {
    name: 'reader',
    flags: ['-f', 'D', '--network', 'none'],
    prepare: '',
    fails: false,
  };
  mkdirSync(context);
  stage(
    {
      ...item,
      directory: join(top, 'test/judges/cases/scratch-copy'),
      prepare: `printf 'FROM judge/base\\nRUN echo made > /made\\nCOPY hello.txt /\\nCMD cat /made /hello.txt\\n' > D`,
    },
    context,
  );
  const ours = build(stave, item, context, work);
  if (ours.kind === 'refused') throw new Error(ours.message);
  const verdicts = readers(join(work, 'stave.tar'), 'judge/reader', 'made\nhello', {
    docker,
    podman,
    skopeo,
    stave,
    work,
  });
  for (const { what, ok, note } of verdicts)
    console.log(`${ok ? 'ok' : 'FAILED'}  ${what}${note && `: ${note}`}`);
  return verdicts.filter(({ ok }) => !ok).length;
}

try {
  prepareBase();
  const tally: Tally = { same: 0, accepted: 0, different: 0, layers: 0, equalLayers: 0 };
  const cases = corpus(top, pattern);
  for (const item of cases) judge(item, tally);
  console.log(
    `\n${cases.length} Dockerfiles: ${tally.same} the same, ${tally.accepted} differ as meant, ${tally.different} differ; ` +
      `${tally.equalLayers} of ${tally.layers} diff IDs equal.\n`,
  );
  const failed = judgeReaders();
  process.exitCode = tally.different > 0 || failed > 0 ? 1 : 0;
} finally {
  rmSync(work, { recursive: true, force: true });
}

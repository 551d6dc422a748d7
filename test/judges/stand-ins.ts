import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';
import type { CopyInstruction, Dockerfile, Stage } from '../../src/dockerfile/ast.ts';
import { expandWord } from '../../src/dockerfile/expand.ts';

/**
 * Real Dockerfiles fetch things and need base images that are not at hand. So every base image
 * is the same stand-in, whose shells do nothing but write down what they were called with: the
 * words, the environment, the user, the directory and what is mounted. What a stage would have
 * made for a later `COPY --from` is made by a line at its end.
 */
export const RECORDER = `#!/bin/busybox sh
b=/bin/busybox
log=/.record/log
if [ "$2" = mkfix ] || [ "$1" = mkfix ]; then :; fi
case "$*" in
  *'stand-in:'*)
    for p in $(eval "$b echo \\"\${*##*stand-in:}\\""); do
      case $p in
        */) $b mkdir -p "$p" && echo made >"$p/made" ;;
        *) $b mkdir -p "$($b dirname "$p")" && [ -e "$p" ] || echo made >"$p" ;;
      esac
    done
    exit 0 ;;
esac
{
  echo "== $0"
  for word in "$@"; do $b printf '<%s>\\n' "$word"; done
  $b env | $b grep -v '^\\(_\\|SHLVL\\|OLDPWD\\|HOSTNAME\\)=' | $b sort
  $b pwd; $b id -u; $b id -g; $b id -G; umask
  $b awk '{print $5, substr($6, 1, 2)}' /proc/self/mountinfo | $b sort |
    $b grep -v '^/\\(proc\\|sys\\|dev\\|etc/hosts\\|etc/resolv.conf\\|etc/hostname\\| \\)' |
    while read -r target how; do
      echo "mount $target $how"
      case $target in
        /|/run/secrets*|/run/buildkit*) ;;
        *) $b find "$target" -maxdepth 2 -type f 2>/dev/null | $b sort | $b head -40 | $b xargs -r $b sha256sum ;;
      esac
    done
} >>$log 2>&1
exit 0
`;

/** Programs that Dockerfiles name as their shell, or call without one. */
const SHELLS = ['sh', 'bash', 'ash', 'zsh', 'pwsh', 'powershell', 'cmd'];

/** Writes the stand-in's tree. `users`: accounts; `paths`: what images are copied from. */
export function makeStandIn(
  tree: string,
  busybox: Buffer,
  users: readonly string[],
  paths: readonly string[],
): void {
  const put = (path: string, content: string | Buffer, mode = 0o644): void => {
    const file = join(tree, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, { mode });
    chmodSync(file, mode);
  };
  for (const name of ['dev', 'proc', 'sys', 'root', 'tmp', 'var', 'usr/bin', 'home', '.record']) {
    mkdirSync(join(tree, name), { recursive: true });
  }
  chmodSync(join(tree, 'tmp'), 0o1777);
  chmodSync(join(tree, '.record'), 0o1777);
  put('bin/busybox', busybox, 0o755);
  for (const shell of SHELLS) put(`bin/${shell}`, RECORDER, 0o755);
  put('.record/log', '', 0o666);
  const names = ['root', ...users.filter((name) => name !== 'root')];
  const id = (index: number): number => (index === 0 ? 0 : 999 + index);
  put(
    'etc/passwd',
    names.map((name, i) => `${name}:x:${id(i)}:${id(i)}::/home/${name}:/bin/sh\n`).join(''),
  );
  put('etc/group', names.map((name, i) => `${name}:x:${id(i)}:\n`).join(''));
  for (const name of ['hosts', 'hostname', 'resolv.conf']) put(`etc/${name}`, '');
  for (const path of paths) {
    if (path.includes('$')) continue;
    const plain = posix.normalize(`/${path.replaceAll(/[*?[\]]/g, 'x')}`);
    try {
      if (path.endsWith('/')) mkdirSync(join(tree, plain), { recursive: true });
      put(path.endsWith('/') ? `${plain}/made` : plain, 'made\n', 0o755);
    } catch {
      // One Dockerfile's file is another's folder.
    }
  }
}

/** What the stand-in has to offer for one Dockerfile. */
export interface Wants {
  readonly users: readonly string[];
  readonly paths: readonly string[];
}

/** A Dockerfile made buildable without the world; undefined where it reads the network itself. */
export interface Rewritten extends Wants {
  readonly text: string;
  /** Base images, as the text names them when no argument is given. */
  readonly bases: readonly string[];
  /** Secrets that must be given. */
  readonly secrets: readonly string[];
}

/** Rewrites a Dockerfile. Returns why it cannot be judged, where it cannot. */
export function standIn(source: string): Rewritten | string {
  const text = source
    .replace(/^\uFEFF/, '')
    .replace(/^(#\s*)syntax(\s*=)/im, '$1was-syntax$2')
    .replaceAll(/@sha256:[0-9a-f]{64}/g, '');
  let file: Dockerfile;
  try {
    file = parseDockerfile(text);
  } catch (error) {
    return `not a Dockerfile: ${(error as Error).message}`;
  }
  const unfit = file.stages
    .flatMap(({ body }) => body)
    .map(reasonAgainst)
    .find(Boolean);
  if (unfit !== undefined) return unfit;
  const paths: string[] = [];
  const bases = new Set(basesOf(file));
  const made = new Map<number, string[]>();
  for (const stage of file.stages) {
    for (const { from, source } of reads(stage)) {
      const target = stageOf(file, from);
      if (target === undefined) {
        paths.push(source);
        bases.add(from);
      } else {
        made.set(target.index, [...(made.get(target.index) ?? []), source]);
      }
    }
  }
  const words = [
    ...text.matchAll(/--chown=([^\s:]+)(?::(\S+))?|^\s*USER\s+([^\s:]+)(?::(\S+))?/gim),
  ];
  const users = words
    .flatMap((match) => match.slice(1))
    .filter((name) => name !== undefined && /^[a-z_][a-z0-9_-]*$/.test(name));
  const secrets = [...text.matchAll(/--mount=type=secret\S*/g)]
    .filter(([mount]) => mount.includes('required'))
    .flatMap(([mount]) => /id=([^,\s]+)/.exec(mount)?.[1] ?? []);
  return { text: withFixtures(text, file, made), users, paths, bases: [...bases], secrets };
}

function basesOf(file: Dockerfile): string[] {
  const values = new Map([
    ['TARGETPLATFORM', 'linux/amd64'],
    ['BUILDPLATFORM', 'linux/amd64'],
    ['TARGETARCH', 'amd64'],
    ['BUILDARCH', 'amd64'],
    ['TARGETOS', 'linux'],
    ['BUILDOS', 'linux'],
  ]);
  const expand = (raw: string): string => {
    try {
      return expandWord(raw, (name) => values.get(name), { escape: file.escape });
    } catch {
      return '';
    }
  };
  for (const { args } of file.globals) {
    for (const { name, value } of args) if (value) values.set(name, expand(value.raw));
  }
  const stages = new Set(file.stages.map(({ from }) => from.as));
  return file.stages
    .map(({ from }) => expand(from.image.raw))
    .filter((name) => name !== '' && name !== 'scratch' && !stages.has(name));
}

function reasonAgainst(instruction: Stage['body'][number]): string | undefined {
  const { line } = instruction;
  if (instruction.kind === 'ADD' && /\b(?:https?|git|ssh):\/\/|\bgit@/.test(line)) {
    return 'reads the network';
  }
  if (instruction.kind === 'RUN' && /^RUN\s+(?:--\S+\s+)*\[/i.test(line)) return 'calls a program';
  if (/--security=insecure|--network=host|type=ssh.*required|--device/.test(line)) {
    return 'needs to be allowed';
  }
  return undefined;
}

/** What a stage reads of others. */
function reads(stage: Stage): { from: string; source: string }[] {
  return stage.body.flatMap((instruction) => {
    if (instruction.kind === 'COPY') return copied(instruction);
    if (instruction.kind !== 'RUN') return [];
    return [...instruction.line.matchAll(/--mount=(\S+)/g)].flatMap(([, mount = '']) => {
      const from = /\bfrom=([^,]+)/.exec(mount)?.[1];
      const source = /\b(?:source|src)=([^,]+)/.exec(mount)?.[1];
      return from === undefined || source === undefined ? [] : [{ from, source }];
    });
  });
}

function copied(instruction: CopyInstruction): { from: string; source: string }[] {
  const from = /--from=(\S+)/.exec(instruction.line)?.[1];
  if (from === undefined) return [];
  const words = instruction.line
    .replace(/^COPY\s+/i, '')
    .split(/\s+/)
    .filter((word) => !word.startsWith('--'));
  const list = words[0]?.startsWith('[') ? (JSON.parse(words.join(' ')) as string[]) : words;
  return list.slice(0, -1).map((source) => ({ from, source }));
}

function stageOf(file: Dockerfile, from: string): Stage | undefined {
  if (/^\d+$/.test(from)) return file.stages[Number(from)];
  return file.stages.findLast(({ from: { as } }) => as === from.toLowerCase());
}

/** Puts a line behind every stage that something is copied out of. */
function withFixtures(
  text: string,
  file: Dockerfile,
  made: ReadonlyMap<number, readonly string[]>,
): string {
  const lines = text.split('\n');
  for (const stage of file.stages.toReversed()) {
    const paths = made.get(stage.index);
    if (!paths) continue;
    const last = (stage.body.at(-1) ?? stage.from).span.end.line;
    const fixture = paths
      .map((path) => (path.startsWith('/') ? path : `./${path}`))
      .map((path) => posix.normalize(`/${path}`).replaceAll('*', 'x').replaceAll('?', 'x'))
      .join(' ');
    lines.splice(last, 0, 'USER 0', `RUN stand-in: ${fixture}`);
  }
  return lines.join('\n');
}

import assert from 'node:assert/strict';
import { chmodSync, renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { setXattr } from '../../sys/xattr.ts';
import type { BuildInput } from '../build-input.ts';
import type { BaseImage } from '../frontend/frontend.ts';
import { image, type Bench } from './bench.ts';

/** What a build is made with; an edit changes one thing of it. */
export interface Subject {
  readonly bench: Bench;
  dockerfile: string;
  input: Partial<BuildInput>;
  bases: Record<string, BaseImage>;
  /** What the first stage's `make` writes. */
  output: string;
}

/** One edit, the step that it makes run first, and what is said there. */
export interface Edit {
  readonly what: string;
  readonly edit: (of: Subject) => void;
  readonly step: string;
  readonly says: string | RegExp;
  /** What later steps may say besides naming a step before them. */
  readonly also?: RegExp;
}

const replace = (from: string, to: string) => (of: Subject) => {
  assert.ok(of.dockerfile.includes(from), from);
  of.dockerfile = of.dockerfile.replace(from, to);
};
const write = (path: string, text: string) => (of: Subject) => of.bench.write(path, text);
const arg = (name: string, value: string) => (of: Subject) => {
  of.input = { ...of.input, args: new Map([[name, value]]) };
};
const at = (of: Subject, path: string): string => of.bench.path(path);

/** Every edit changes one thing. */
export const EDITS: readonly Edit[] = [
  {
    what: 'content of a file',
    edit: write('package.json', '{"a":1}'),
    step: 'COPY package.json',
    says: 'file package.json (content)',
  },
  {
    what: 'content of a second source',
    edit: write('lock.json', '2'),
    step: 'COPY package.json',
    says: 'file lock.json (content)',
  },
  {
    what: 'content in a directory',
    edit: write('src/a.ts', 'A'),
    step: 'COPY src/',
    says: '1 of 4 files differs: src/a.ts (content)',
  },
  {
    what: 'content of two files',
    edit(of) {
      write('src/a.ts', 'A')(of);
      write('src/deep/b.ts', 'B')(of);
    },
    step: 'COPY src/',
    says: '2 of 4 files differ: src/a.ts (content), src/deep/b.ts (content)',
  },
  {
    what: 'mode of a file',
    edit: (of) => chmodSync(at(of, 'src/deep/b.ts'), 0o755),
    step: 'COPY src/',
    says: '1 of 4 files differs: src/deep/b.ts (mode 0644→0755)',
  },
  {
    what: 'mode of a directory',
    edit: (of) => chmodSync(at(of, 'src/deep'), 0o700),
    step: 'COPY src/',
    says: /^1 of 4 files differs: src\/deep \(mode 0755→0700\)$/,
  },
  {
    what: 'mode of a single file',
    edit: (of) => chmodSync(at(of, 'bin/run'), 0o755),
    step: 'COPY --chown=1:1 bin/run',
    says: 'file bin/run (mode 0644→0755)',
  },
  {
    what: 'a new file',
    edit: write('src/new.ts', 'n'),
    step: 'COPY src/',
    says: '1 of 5 files differs: src/new.ts (new)',
  },
  {
    what: 'a removed file',
    edit: (of) => unlinkSync(at(of, 'src/deep/b.ts')),
    step: 'COPY src/',
    says: '1 of 3 files differs: src/deep/b.ts (removed)',
  },
  {
    what: 'a renamed file',
    edit: (of) => renameSync(at(of, 'src/deep/b.ts'), at(of, 'src/deep/c.ts')),
    step: 'COPY src/',
    says: '1 of 4 files differs: src/deep/c.ts (renamed from src/deep/b.ts)',
  },
  {
    what: 'target of a link',
    edit(of) {
      unlinkSync(at(of, 'src/link'));
      symlinkSync('deep/b.ts', at(of, 'src/link'));
    },
    step: 'COPY src/',
    says: '1 of 4 files differs: src/link (link target a.ts→deep/b.ts)',
  },
  {
    what: 'type of a file',
    edit(of) {
      unlinkSync(at(of, 'src/link'));
      write('src/link', 'a')(of);
      chmodSync(at(of, 'src/link'), 0o777);
    },
    step: 'COPY src/',
    says: '1 of 4 files differs: src/link (type symlink→file)',
  },
  {
    what: 'extended attribute of a file',
    edit: (of) => setXattr(at(of, 'src/a.ts'), 'user.note', Buffer.from('x')),
    step: 'COPY src/',
    says: '1 of 4 files differs: src/a.ts (extended attributes)',
  },
  {
    what: 'a rule that ignores a file',
    edit: write('.dockerignore', '# none\nsrc/deep/b.ts\n'),
    step: 'COPY src/',
    says: '1 of 3 files differs: src/deep/b.ts (ignored now: .dockerignore:2)',
  },
  {
    what: 'a file that a pattern takes',
    edit: write('readme.md', 'R'),
    step: 'COPY *.md',
    says: '1 of 2 files differs: readme.md (content)',
  },
  {
    what: 'a new file that a pattern takes',
    edit: write('zz.md', 'z'),
    step: 'COPY *.md',
    says: '1 of 3 files differs: zz.md (new)',
  },
  {
    what: 'content of a linked copy',
    edit: write('data.bin', 'D'),
    step: 'ADD --link',
    says: 'file data.bin (content)',
  },
  {
    what: 'content below --exclude',
    edit: write('logs/x.txt', 'X'),
    step: 'COPY --exclude',
    says: 'file logs/x.txt (content)',
  },
  {
    what: 'a heredoc',
    edit: replace('level 1', 'level 2'),
    step: 'COPY <<EOF',
    says: 'file <<EOF changed',
  },
  {
    what: 'an ARG',
    edit: arg('V', 'secret-value'),
    step: 'RUN install',
    says: 'ARG V changed',
    also: /^ARG V changed$/,
  },
  {
    what: 'an ARG that is declared late',
    edit: arg('LATE', '2'),
    step: 'RUN make all',
    says: 'ARG LATE changed',
    also: /^ARG LATE changed$/,
  },
  {
    what: 'the default of an ARG',
    edit: replace('ARG W=1', 'ARG W=2'),
    step: 'RUN install',
    says: 'ARG W changed',
    also: /^ARG W changed$/,
  },
  {
    what: 'a new ARG',
    edit: replace('ARG W=1', 'ARG W=1\nARG X=1'),
    step: 'RUN install',
    says: 'ARG X added',
    also: /^ARG X added$/,
  },
  {
    what: 'an ARG that is gone',
    edit: replace('ARG W=1\n', ''),
    step: 'RUN install',
    says: 'ARG W removed',
    also: /^ARG W removed$/,
  },
  {
    what: 'an ENV',
    edit: replace('MODE=fast', 'MODE=slow'),
    step: 'RUN install',
    says: 'ENV MODE changed',
    also: /^ENV MODE changed$/,
  },
  {
    what: 'a new ENV',
    edit: replace('MODE=fast', 'MODE=fast TOKEN=abc'),
    step: 'RUN install',
    says: 'ENV TOKEN added',
    also: /^ENV TOKEN added$/,
  },
  {
    what: 'the order of ENVs',
    edit: replace('ARG V=1\nARG W=1', 'ARG W=1\nARG V=1'),
    step: 'RUN install',
    says: 'the order of ARG W, the order of ARG V',
    also: /^the order of ARG W, the order of ARG V$/,
  },
  {
    what: 'a variable in a destination',
    edit: arg('DIR', 'other'),
    step: 'COPY *.md',
    says: 'variable DIR in it changed',
    also: /^ARG DIR changed$/,
  },
  {
    what: 'the base image',
    edit: (of) => (of.bases['base'] = image('base', '2')),
    step: 'WORKDIR /src',
    says: /^base image docker.io\/library\/base:latest changed \(sha256:[0-9a-f]{12} → sha256:[0-9a-f]{12}\)$/,
  },
  {
    what: 'another base image',
    edit: arg('BASE', 'other'),
    step: 'WORKDIR /src',
    says: 'base image docker.io/library/base:latest → docker.io/library/other:latest',
  },
  {
    what: 'an ENV of the base image',
    edit: (of) => (of.bases['slim'] = image('slim', '1', ['FROM_BASE=1'])),
    step: 'COPY --from=build',
    says: /^base image docker.io\/library\/slim:latest changed/,
    also: /^ENV FROM_BASE of the base image added$/,
  },
  {
    what: 'the command of a RUN',
    edit: replace('RUN make all', 'RUN make most'),
    step: 'RUN make most',
    says: 'RUN make all → RUN make most',
  },
  {
    what: 'the destination of a COPY',
    edit: replace('COPY src/ src/', 'COPY src/ lib/'),
    step: 'COPY src/ lib/',
    says: 'COPY src/ src/ → COPY src/ lib/',
  },
  {
    what: 'the source of a COPY',
    edit: replace('COPY package.json lock.json ./', 'COPY package.json ./'),
    step: 'COPY package.json ./',
    says: 'COPY package.json lock.json ./ → COPY package.json ./',
  },
  {
    what: '--chown',
    edit: replace('--chown=1:1', '--chown=2:2'),
    step: 'COPY --chown=2:2',
    says: '--chown 1:1 → 2:2',
  },
  {
    what: 'a new --chmod',
    edit: replace('COPY src/ src/', 'COPY --chmod=700 src/ src/'),
    step: 'COPY --chmod=700',
    says: '--chmod 700 added',
  },
  {
    what: 'a second --exclude',
    edit: replace('--exclude=*.log', '--exclude=*.log --exclude=*.tmp'),
    step: 'COPY --exclude',
    says: '--exclude *.tmp added',
  },
  {
    what: 'the network of a RUN',
    edit: replace('--network=none', '--network=host'),
    step: 'RUN --network=host check',
    says: '--network none → host',
  },
  {
    what: 'a file that is mounted',
    edit: write('config/a.ini', 'A'),
    step: 'RUN --mount',
    says: 'mount bind:/config: 1 of 2 files differs: config/a.ini (content)',
  },
  {
    what: 'the target of a mount',
    edit: replace('target=/cache', 'target=/other'),
    step: 'RUN --mount',
    says: '--mount /other added, --mount /cache removed',
  },
  {
    what: 'a secret that is asked for',
    edit: replace('RUN --mount', 'RUN --mount=type=secret,id=token --mount'),
    step: 'RUN --mount',
    says: '--mount /run/secrets/token added',
  },
  {
    what: 'the user',
    edit: replace('USER 1000', 'USER 1001'),
    step: 'RUN --network=none check',
    says: 'USER 1000 → 1001',
    also: /^USER 1000 → 1001$/,
  },
  {
    what: 'the working directory',
    edit: replace('WORKDIR /src', 'WORKDIR /code'),
    step: 'WORKDIR /code',
    says: 'WORKDIR /src → WORKDIR /code',
    also: /^WORKDIR (\/src → \/code|changed)$/,
  },
  {
    what: 'the shell',
    edit: replace('RUN finish', 'SHELL ["/bin/bash", "-c"]\nRUN finish'),
    step: 'RUN finish',
    says: 'SHELL changed',
  },
  {
    what: 'a host in --add-host',
    edit: (of) => (of.input = { extraHosts: ['db:10.0.0.1'] }),
    step: 'RUN install',
    says: '--add-host db added',
    also: /^--add-host db added$/,
  },
  {
    what: 'a step that was put in',
    edit: replace('RUN make all', 'RUN prepare\nRUN make all'),
    step: 'RUN prepare',
    says: 'new: no earlier build finished it',
    also: /^it follows \[build 7\/9\] RUN prepare now, and followed COPY --chown=1:1 bin\/run \/usr\/bin\/run$/,
  },
  {
    what: 'a step that is gone',
    edit: replace('RUN install\n', ''),
    step: 'COPY src/',
    says: 'it follows [build 3/7] COPY package.json lock.json ./ now, and followed RUN install',
  },
  {
    what: 'two steps that changed places',
    edit: replace(
      'COPY src/ src/\nCOPY --chown=1:1 bin/run /usr/bin/run\n',
      'COPY --chown=1:1 bin/run /usr/bin/run\nCOPY src/ src/\n',
    ),
    step: 'COPY --chown=1:1',
    says: 'it follows [build 4/8] RUN install now, and followed COPY src/ src/',
    also: /^it follows /,
  },
  {
    what: 'a line above that changes nothing, and a command',
    edit: replace('COPY --exclude', 'LABEL x=1\nEXPOSE 80\nCOPY --chmod=600 --exclude'),
    step: 'COPY --chmod=600 --exclude',
    says: '--chmod 600 added',
  },
  {
    what: 'what another stage makes',
    edit(of) {
      of.output = 'other';
      of.input = { uncached: (stage) => stage === 'build' };
    },
    step: 'WORKDIR /src',
    says: '--no-cache-filter build was given',
    also: /^--no-cache-filter build was given$|^file out\/app \(content\)$/,
  },
  {
    what: '--no-cache',
    edit: (of) => (of.input = { uncached: () => true, noCache: true }),
    step: 'WORKDIR /src',
    says: '--no-cache was given',
    also: /^--no-cache was given$/,
  },
  {
    what: 'the date',
    edit: (of) => (of.input = { sourceDateEpoch: 1_000_000_000 }),
    step: 'WORKDIR /src',
    says: 'SOURCE_DATE_EPOCH 1000000000 added',
    also: /^SOURCE_DATE_EPOCH 1000000000 added$/,
  },
  {
    what: 'a pruned result',
    edit: (of) => of.bench.forget((place) => place.includes('\0final\0')),
    step: 'COPY --from=build',
    says: 'its earlier result was pruned',
    also: /^its earlier result was pruned$/,
  },
];

import { image } from './bench.ts';
import { arg, replace, write, type Edit } from './edit.ts';

/** An edit of which later steps may say what the first one says. */
const told = (what: string, edit: Edit['edit'], step: string, says: string): Edit => ({
  what,
  edit,
  step,
  says,
  also: new RegExp(`^${says}$`),
});

/** Edits of the Dockerfile and of what a build is asked for. Every one changes one thing. */
export const STEP_EDITS: readonly Edit[] = [
  told('an ARG', arg('V', 'secret-value'), 'RUN install', 'ARG V changed'),
  told('an ARG that is declared late', arg('LATE', '2'), 'RUN make all', 'ARG LATE changed'),
  told('the default of an ARG', replace('ARG W=1', 'ARG W=2'), 'RUN install', 'ARG W changed'),
  told('a new ARG', replace('ARG W=1', 'ARG W=1\nARG X=1'), 'RUN install', 'ARG X added'),
  told('an ARG that is gone', replace('ARG W=1\n', ''), 'RUN install', 'ARG W removed'),
  told('an ENV', replace('MODE=fast', 'MODE=slow'), 'RUN install', 'ENV MODE changed'),
  told('a new ENV', replace('MODE=fast', 'MODE=fast TOKEN=abc'), 'RUN install', 'ENV TOKEN added'),
  told(
    'the order of ENVs',
    replace('ARG V=1\nARG W=1', 'ARG W=1\nARG V=1'),
    'RUN install',
    'the order of ARG W, the order of ARG V',
  ),
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
  told(
    'the user',
    replace('USER 1000', 'USER 1001'),
    'RUN --network=none check',
    'USER 1000 → 1001',
  ),
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
  told(
    'a host in --add-host',
    (of) => (of.input = { extraHosts: ['db:10.0.0.1'] }),
    'RUN install',
    '--add-host db added',
  ),
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
  told(
    '--no-cache',
    (of) => (of.input = { uncached: () => true, noCache: true }),
    'WORKDIR /src',
    '--no-cache was given',
  ),
  told(
    'the date',
    (of) => (of.input = { sourceDateEpoch: 1_000_000_000 }),
    'WORKDIR /src',
    'SOURCE_DATE_EPOCH 1000000000 added',
  ),
  told(
    'a pruned result',
    (of) => of.bench.forget((place) => place.includes('\0final\0')),
    'COPY --from=build',
    'its earlier result was pruned',
  ),
];

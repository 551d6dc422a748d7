import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { BuildRequest } from '../../src/engine/build-types.ts';
import { layerTree } from '../layer-tree.ts';
import { cannotRun as skip } from '../support/busybox-root.ts';
import { memberTar } from '../support/member-tar.ts';
import { runBench, type RunBench } from '../support/run-bench.ts';

/** Rounds of the races; `npm run soak` asks for more. */
const rounds = Number(process.env['STAVE_ROUNDS'] ?? 3);

/** Hostile instructions, behind `FROM base`. */
interface Attack {
  readonly what: string;
  readonly steps: string;
  readonly request?: Partial<BuildRequest>;
  /** What is said against it; otherwise it is built. */
  readonly refused?: RegExp;
  /** What it prints. */
  readonly prints?: RegExp;
}

/** A directory outside with files that nobody may read, write or remove. */
function canary(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'stave-canary-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(join(directory, 'sub'));
  writeFileSync(join(directory, 'secret'), 'canary-7311');
  return directory;
}

const OUT = 'CANARY';
const ATTACKS: readonly Attack[] = [
  {
    what: 'a cache whose id climbs out',
    steps: `RUN --mount=type=cache,id=../../../../../..${OUT},target=/c echo x > /c/secret; rm -rf /c/sub`,
  },
  {
    what: 'a cache whose id is a path, with a source in it',
    steps: `RUN --mount=type=cache,id=${OUT},source=sub,target=/c echo x > /c/y`,
    refused: /no such directory|not found/,
  },
  {
    what: 'a cache whose part is a link out of it',
    steps: `RUN --mount=type=cache,id=a,target=/c ln -s ${OUT} /c/l\nRUN --mount=type=cache,id=a,source=l,target=/c touch /c/y`,
    refused: /not found/,
  },
  {
    what: 'a mount of a link to the root of a stage',
    steps: `RUN ln -s / /l && ln -s ${OUT} /m\nFROM base\nRUN --mount=from=first,source=/l,target=/x cat /x${OUT}/secret; true`,
    prints: /No such file/,
  },
  {
    what: 'a mount of a link out of a stage',
    steps: `RUN ln -s ${OUT} /m\nFROM base\nRUN --mount=from=first,source=/m,target=/x cat /x/secret`,
    refused: /not found/,
  },
  {
    what: 'a mount of a path that climbs out of a stage',
    steps: `RUN true\nFROM base\nRUN --mount=from=first,source=../../../../..${OUT},target=/x cat /x/secret`,
    refused: /not found/,
  },
  {
    what: 'options of mount(8) behind a mount',
    steps: 'RUN --mount=type=bind,target=/x,bind-propagation=shared true',
    refused: /unexpected key 'bind-propagation'/,
  },
  {
    what: 'options in the quoted target of a mount',
    steps: 'RUN --mount=type=tmpfs,"target=/x,suid,dev" true',
    refused: /invalid field 'suid'/,
  },
  {
    what: 'a mount whose target is a link out of the image',
    steps: `RUN ln -s ${OUT} /l\nRUN --mount=type=tmpfs,target=/l/sub touch /l/sub/y\nRUN --mount=type=cache,target=/l touch /l/secret`,
  },
  {
    what: 'a parent of a mount that is moved away and becomes a link',
    steps: `RUN --mount=type=cache,target=/a/b/c mv /a/b /a/old; rm -rf /a/b; ln -s ${OUT} /a/b; true`,
  },
  {
    what: 'the place of a mount that is unmounted and becomes a link',
    steps: `RUN --security=insecure --mount=type=tmpfs,target=/a/sub umount /a/sub; rm -rf /a; ln -s ${OUT} /a; true`,
    request: { allow: ['security.insecure'] },
  },
  {
    what: 'a working directory behind a descriptor',
    steps: Array.from(
      { length: 12 },
      (_, fd) =>
        `WORKDIR /proc/self/fd/${fd}\nRUN cat ../../../../../..${OUT}/secret ..${OUT}/secret 2>&1 | grep 7311; true`,
    ).join('\n'),
    refused: /./,
  },
  {
    what: 'descriptors that a process could inherit',
    steps: 'RUN ls /proc/self/fd | tr "\\n" " "',
    // The last one is that of the listing.
    prints: /^0 1 2 3 $/,
  },
  {
    what: 'programs of the image that are called like those that unpack',
    steps: `RUN for n in xz bzip2 gzip unxz zstd tar git; do printf '#!/bin/sh\\ntouch ${OUT}/touched /touched\\n' > /bin/$n; chmod 755 /bin/$n; done\nADD packed.tar.xz /to/\nRUN cat /to/inside; ls /touched`,
    refused: /did not complete/,
  },
  {
    what: 'labels that runtimes act on',
    steps:
      'LABEL run.oci.handler=wasm run.oci.hooks.stderr=/x io.podman.annotations.init=TRUE org.systemd.property.X=1 containerd.io/restart.loguri=binary:///x\nRUN echo ran',
    prints: /^ran\n$/,
  },
  {
    what: 'an owner beyond all numbers',
    steps: 'COPY --chown=4294967296 f /f',
    refused: /4294967296/,
  },
  {
    what: 'a user beyond all numbers, who is in the passwd file',
    steps: 'RUN echo 4294967296:x:0:0::/:/bin/sh >> /etc/passwd\nUSER 4294967296\nRUN id',
    refused: /4294967296/,
  },
  {
    what: 'a passwd file that is a pipe',
    steps: 'RUN rm /etc/passwd && busybox mkfifo /etc/passwd\nCOPY --chown=app f /f',
    refused: /app|passwd/,
  },
  {
    what: 'a passwd file that is a pipe, for a RUN',
    steps: 'RUN rm /etc/passwd && busybox mkfifo /etc/passwd\nUSER app\nRUN true',
    refused: /app|passwd/,
  },
  {
    what: 'a group file that is a link out of the image',
    steps: `RUN ln -sf ${OUT}/secret /etc/group\nCOPY --chown=0:canary f /f`,
    refused: /find group canary/,
  },
  {
    what: 'a script that looks for the host beside it',
    steps: `COPY <<EOF /s\nx\nEOF\nRUN <<EOF\ncat ${OUT}/secret\ntrue\nEOF`,
    prints: /No such file/,
  },
];

const run = async (
  bench: RunBench,
  { steps, request = {} }: Attack,
  out: string,
): Promise<string> =>
  (await bench.build(`FROM base AS first\n${steps.replaceAll(OUT, out)}\n`, request)).log;

for (const attack of ATTACKS) {
  test(`${attack.what} leads nowhere`, { skip, timeout: 60_000 }, async (t) => {
    const out = canary(t);
    const before = layerTree(out);
    const bench = await runBench(t);
    bench.write('f', 'f');
    writeFileSync(join(bench.directory, 'inside.tar'), memberTar({ path: 'inside', body: 'in' }));
    const packed = execFileSync('xz', ['-c', join(bench.directory, 'inside.tar')]);
    writeFileSync(bench.path('packed.tar.xz'), packed);
    if (attack.refused) {
      await assert.rejects(run(bench, attack, out), (error: Error) => {
        assert.match(error.message, attack.refused!);
        assert.doesNotMatch(error.message, /7311|\n/);
        return true;
      });
    } else {
      const log = await run(bench, attack, out);
      assert.doesNotMatch(log, /7311/);
      if (attack.prints) assert.match(log, attack.prints);
    }
    assert.deepEqual(layerTree(out), before);
    assert.deepEqual(
      ['tmp', 'leases'].flatMap((name) =>
        readdirSync(join(bench.root, name)).filter((one) => !one.startsWith('.')),
      ),
      [],
    );
  });
}

test(
  'a part of a shared cache that is swapped for a link leads nowhere',
  { skip, timeout: 120_000 },
  async (t) => {
    const out = canary(t);
    const before = layerTree(out);
    const bench = await runBench(t);
    await bench.build('FROM base\nRUN --mount=type=cache,id=r,target=/c mkdir /c/p');
    const dockerfile = `FROM base AS swap
RUN --mount=type=cache,id=r,target=/c for i in $(busybox seq 300); do mv /c/p /c/q; ln -s ${out} /c/p; rm /c/p; mv /c/q /c/p; done
${Array.from(
  { length: 6 },
  (_, at) => `FROM base AS s${at}
RUN --mount=type=cache,id=r,source=p,target=/c sleep 0.0${at}; touch /c/${at}; cat /c/secret; touch /made; true`,
).join('\n')}
FROM base
COPY --from=swap /bin/busybox /b
${Array.from({ length: 6 }, (_, at) => `COPY --from=s${at} /made /${at}`).join('\n')}
`;
    for (let round = 0; round < rounds; round++) {
      // A part that is a link, or not there, is refused.
      const log = await bench.build(dockerfile, { noCache: true }).then(
        ({ log: all }) => all,
        (error: Error) => error.message,
      );
      assert.doesNotMatch(log, /7311/);
      await bench.build(
        'FROM base\nRUN --mount=type=cache,id=r,target=/c rm -rf /c/p /c/q; mkdir /c/p',
        { noCache: true },
      );
    }
    assert.deepEqual(layerTree(out), before);
  },
);

test(
  'steps that write side by side to what they mount write to nothing of the context',
  { skip, timeout: 120_000 },
  async (t) => {
    const bench = await runBench(t);
    bench.write('d/f', 'kept');
    symlinkSync('f', bench.path('d/l'));
    const before = layerTree(bench.path('d'));
    const stages = Array.from(
      { length: 6 },
      (_, at) =>
        `FROM base AS s${at}\nRUN --mount=source=d,target=/d,rw echo ${at} > /d/f; echo ${at} > /d/l; rm -rf /d/*; touch /made`,
    );
    const copies = stages.map((_, at) => `COPY --from=s${at} /made /${at}`);
    for (let round = 0; round < rounds; round++) {
      await bench.build([...stages, 'FROM base', ...copies].join('\n'), { noCache: true });
    }
    assert.deepEqual(layerTree(bench.path('d')), before);
  },
);

test(
  'files that only pretend to be large are refused before they are read',
  { skip },
  async (t) => {
    const bench = await runBench(t);
    bench.write('passwd', '');
    truncateSync(bench.path('passwd'), 20 * 1024 * 1024);
    await assert.rejects(
      bench.build('FROM base\nCOPY passwd /etc/passwd\nCOPY --chown=app passwd /x\n'),
      /passwd/,
    );
  },
);

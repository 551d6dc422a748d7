/**
 * Hostile Dockerfiles, each read, checked and evaluated: run by dockerfile-bombs.test.ts in a process with
 * little memory. Prints one line of JSON for each: its name, and `ok` or what was said against it.
 */
import { checkDockerfile } from '../../src/build/check.ts';
import { BaseNotFoundError } from '../../src/build/errors.ts';
import { evaluate } from '../../src/build/frontend/frontend.ts';
import { readFile } from '../../src/build/plan.ts';
import { StaveError } from '../../src/base/errors.ts';

const PLATFORM = { os: 'linux', architecture: 'amd64' };

const times = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');
const nested = (count: number): string => '${a:-'.repeat(count) + '}'.repeat(count);

/** Texts by name; those of a megabyte are as large as a Dockerfile may be. */
const BOMBS: Readonly<Record<string, () => string | Buffer>> = {
  'forty ARGs that double': () =>
    `FROM base\nARG a0=x\n${times(40, (i) => `ARG a${i + 1}=$a${i}$a${i}`)}\n`,
  'forty ENVs that double': () =>
    `FROM base\nENV a0=x\n${times(40, (i) => `ENV a${i + 1}=$a${i}$a${i}`)}\n`,
  'forty global ARGs that double': () =>
    `ARG a0=x\n${times(40, (i) => `ARG a${i + 1}=$a${i}$a${i}`)}\nFROM base\n`,
  'a megabyte of values, many times': () =>
    `FROM base\nENV a=${'x'.repeat(60_000)}\n${times(10_000, (i) => `LABEL l${i}=$a$a`)}\n`,
  'a line of ten megabytes': () => `FROM base\nRUN ${'x'.repeat(10 * 1024 * 1024)}\n`,
  'a line of a megabyte': () => `FROM base\nRUN ${'x'.repeat(1_000_000)}\n`,
  'a megabyte on continued lines': () => `FROM base\nRUN ${'word \\\n'.repeat(140_000)}x\n`,
  'a megabyte of comments in an instruction': () =>
    `FROM base\nRUN a \\\n${'# c\n'.repeat(200_000)}b\n`,
  'five thousand heredocs': () =>
    `FROM base\n${times(5000, (i) => `COPY <<F${i} /d/\nx\nF${i}`)}\n`,
  'five thousand heredocs of one instruction': () =>
    `FROM base\nCOPY ${times(5000, (i) => `<<F${i}`).replaceAll('\n', ' ')} /d/\n${times(5000, (i) => `x\nF${i}`)}\n`,
  'five thousand heredocs that do not end': () =>
    `FROM base\nCOPY ${times(5000, (i) => `<<F${i}`).replaceAll('\n', ' ')} /d/\n`,
  'a hundred thousand instructions': () => `FROM base\n${'ENV a=b\n'.repeat(100_000)}`,
  'a hundred thousand variables': () => `FROM base\n${times(70_000, (i) => `ENV v${i}=1`)}\n`,
  'tens of thousands of labels': () => `FROM base\n${times(70_000, (i) => `LABEL v${i}=1`)}\n`,
  'tens of thousands of undefined variables': () =>
    `FROM base\n${times(20_000, (i) => `ENV v${i}=1`)}\n${times(30_000, (i) => `LABEL a=$w${i}`)}\n`,
  'tens of thousands of ARGs, each in every RUN': () =>
    `FROM base\n${times(20_000, (i) => `ARG v${i}=1`)}\n${'RUN x\n'.repeat(20_000)}`,
  'all ports, ten thousand times': () => `FROM base\n${'EXPOSE 0-65535\n'.repeat(10_000)}`,
  'all ports, by ten thousand words': () => `FROM base\nEXPOSE ${'0-65535 '.repeat(5_000)}\n`,
  'five thousand stages, each on the one before': () =>
    `FROM base AS s0\n${times(5000, (i) => `FROM s${i} AS s${i + 1}\nENV v${i}=1`)}\n`,
  'tens of thousands of stages, each on the one before': () =>
    `FROM base AS s0\n${times(40_000, (i) => `FROM s${i} AS s${i + 1}`)}\n`,
  'tens of thousands of stages, each with a file of the one before': () =>
    `FROM base AS s0\n${times(18_000, (i) => `FROM scratch AS s${i + 1}\nCOPY --from=s${i} a b`)}\n`,
  'tens of thousands of stages with one name': () => 'FROM base AS s\n'.repeat(60_000),
  'stages that need each other': () =>
    'FROM base AS a\nCOPY --from=b x y\nFROM base AS b\nCOPY --from=a x y\n',
  'a stage that needs itself': () => 'FROM base AS a\nCOPY --from=a x y\n',
  'a stage on itself': () => 'FROM a AS a\n',
  'a mount of a stage that comes later': () =>
    'FROM base AS a\nRUN --mount=from=b,target=/x y\nFROM base AS b\nRUN --mount=from=a,target=/x y\n',
  'ten thousand nested defaults': () => `FROM base\nENV a=${nested(9_000)}\n`,
  'nested defaults over many lines': () =>
    `FROM base\nENV a=${'${a:-\\\n'.repeat(100_000)}${'}\\\n'.repeat(100_000)}\n`,
  'two hundred nested defaults': () => `FROM base\nENV a=x\nENV b=${nested(200)}\n`,
  'patterns with many stars': () =>
    `FROM base\nENV a=${'a'.repeat(60_000)}\nENV b=\${a##${'*a'.repeat(100)}b}\nENV c=\${a//${'*a'.repeat(20)}b/x}\n`,
  'patterns, many times': () =>
    `FROM base\nENV a=${'ab'.repeat(30_000)}\n${times(5000, () => 'LABEL l=${a//a*b*a*b*c/x}')}\n`,
  'replacements that grow': () => `FROM base\nENV a=${'a'.repeat(60_000)}\nENV b=\${a//a/$a}\n`,
  'a name of a megabyte of quotes': () => `FROM base\nENV ${`"'`.repeat(30_000)}=x\n`,
  'a word of dollars': () => `FROM base\nENV a=${'$'.repeat(60_000)}\n`,
  'NUL bytes': () => `FROM base\nRUN a\0b\nENV x=\0\nCOPY \0 /\n\0\n`,
  'bytes that are not UTF-8': () => Buffer.from('FROM base\nRUN \xff\xfe\n', 'latin1'),
  'a keyword that is not UTF-8': () => Buffer.from('FROM base\n\xff\xfe x\n', 'latin1'),
  'a name of a stage that is not UTF-8': () => Buffer.from('FROM base AS \xe9\n', 'latin1'),
  'a heredoc that is not UTF-8': () => Buffer.from('FROM base\nCOPY <<E /a\n\xff\nE\n', 'latin1'),
  'UTF-16': () => Buffer.from('\ufeffFROM base\nRUN x\n', 'utf16le'),
  'a signal beyond all numbers': () => 'FROM base\nSTOPSIGNAL 99999999999999999999\n',
  'a range of ports that runs backwards': () => 'FROM base\nEXPOSE 99999999-1\n',
  'a stage whose name climbs': () => 'FROM base AS ../x\n',
  'a probe every nanosecond': () => 'FROM base\nHEALTHCHECK --interval=1ns CMD x\n',
  'a probe that outlives the sun': () =>
    `FROM base\nHEALTHCHECK --interval=${'9'.repeat(60_000)}h CMD x\n`,
  'a frontend of somebody': () => '# syntax=example.com/evil:1\nFROM base\n',
  'triggers in triggers': () => `FROM base\n${'ONBUILD '.repeat(8000)}RUN x\n`,
  'a trigger that is a base': () => 'FROM base\nONBUILD FROM scratch\n',
  'mounts without end': () => `FROM base\nRUN ${'--mount=type=tmpfs,target=/t '.repeat(2000)}x\n`,
  'a mount with fields without end': () =>
    `FROM base\nRUN --mount=${'type=tmpfs,'.repeat(5000)}target=/t x\n`,
  'checks of each line': () => `FROM base\n${times(40_000, () => '# check=skip=A\nENV a b')}\n`,
  'findings without end': () => `FROM base\n${'ENV a b\n'.repeat(100_000)}`,
  'flags without end': () => `FROM base\nCOPY ${'--exclude=a '.repeat(5000)}. /x/\n`,
  'a base of many words': () => `FROM ${'a/'.repeat(30_000)}\n`,
};

function base(name: string) {
  if (name !== 'base') throw new BaseNotFoundError(`${name}: not found`);
  const rootfs = { type: 'layers' as const, diff_ids: [] };
  return {
    name,
    manifest: 'sha256:',
    layers: [],
    config: { ...PLATFORM, rootfs },
    platform: PLATFORM,
  };
}

function verdict(bytes: Buffer): string {
  const text = bytes.toString();
  const input = {
    context: undefined,
    dockerfile: { text },
    args: new Map<string, string>(),
    contexts: new Map(),
    target: undefined,
    platform: PLATFORM,
    buildPlatform: PLATFORM,
  };
  try {
    checkDockerfile(input, base);
    const file = readFile({ text: bytes, name: 'Dockerfile', origin: '-' }, input.args);
    const plan = evaluate(file, {
      ...input,
      origin: '-',
      network: 'none',
      extraHosts: [],
      shmSize: undefined,
      uncached: () => false,
      resolve: base,
    });
    return plan.stage.history.length >= 0 ? 'ok' : '';
  } catch (error) {
    if (error instanceof StaveError) return error.message.slice(0, 300);
    throw error;
  }
}

for (const [name, make] of Object.entries(BOMBS)) {
  const text = make();
  const said = verdict(Buffer.from(text));
  console.log(JSON.stringify({ name, said }));
}

import { closest } from '../base/suggest.ts';
import { commandHint } from './failure-commands.ts';

/** What is known of a RUN that failed. */
export interface FailedRun {
  /** As it was run, shell and all. */
  readonly argv: readonly string[];
  /** The text in it that a shell reads; absent for the exec form. */
  readonly script?: string;
  /** Exit code, or the name of the signal that ended it. */
  readonly end: { readonly code: number } | { readonly signal: string };
  /** The last lines of its output, both streams. */
  readonly output: string;
  readonly network: 'default' | 'none' | 'host';
  /** Who it ran as; empty or `root` for root. */
  readonly user: string;
  /** Platform of the image, when it is not that of this machine. */
  readonly foreign?: string;
  /** Names of programs in the image's PATH. Asked for only when a hint needs them. */
  readonly programs: () => ReadonlySet<string>;
}

const KILLED = 137;
const NOT_FOUND = 127;

/** One step that may help after a failed RUN: one sentence, or `undefined` when nothing is known. */
export function failureHint(failed: FailedRun): string | undefined {
  return (
    foreignProgram(failed) ??
    windowsLineEnds(failed) ??
    missingProgram(failed) ??
    noNames(failed) ??
    commandHint(failed) ??
    notExecutable(failed) ??
    notRoot(failed) ??
    lostDirectory(failed) ??
    readOnly(failed) ??
    killed(failed)
  );
}

function foreignProgram({ output, foreign }: FailedRun): string | undefined {
  if (!/exec format error/i.test(output)) return undefined;
  return foreign === undefined
    ? 'A program in the image is made for another machine, or is a script without a first line such as #!/bin/sh.'
    : `The image is for ${foreign}, and this machine cannot run its programs without an emulator (binfmt_misc with qemu).`;
}

function windowsLineEnds({ output }: FailedRun): string | undefined {
  return /(?:\\r|\r|\^M)['"]?: (?:command )?not found|bad interpreter: [^\n]*(?:\^M|\r)/.test(
    output,
  )
    ? 'The script has Windows line ends: save it with Unix ones (CR LF to LF).'
    : undefined;
}

/** What shells say of a command that is nowhere; its name is the first group. */
const MISSING = [
  /^[^\n]*?: (?:line )?\d+: ([^\s:]+): (?:command )?not found$/m,
  /^[^\n]*?sh: ([^\s:]+): (?:command )?not found$/m,
  /^[^\n]*?env: (?:can't execute )?['\u2018]?([^\s:'\u2019]+)['\u2019]?: No such file or directory$/m,
  /exec: "([^"]+)": (?:stat |executable file not found)/,
];

/** Words of bash that other shells do not have. */
const BASH_WORDS = new Set(['source', '[[', 'pushd', 'popd', 'shopt', 'declare', 'function']);
/** Programs that go by another name in busybox. */
const OTHER_NAMES = new Map([
  ['useradd', 'adduser'],
  ['groupadd', 'addgroup'],
  ['userdel', 'deluser'],
  ['groupdel', 'delgroup'],
]);
/** Programs that are meant when they are typed, however near others are. */
const WELL_KNOWN = new Set(
  (
    'bash zsh dash vim nano less curl wget git svn make cmake gcc g++ cc clang python python2 python3 pip pip3 node npm ' +
    'npx yarn pnpm go cargo ruby gem java mvn perl php tar xz zip unzip gzip bzip2 zstd jq ssh rsync ps which file gpg'
  ).split(' '),
);
const INSTALL: readonly (readonly [string, string])[] = [
  ['apk', 'apk add --no-cache'],
  ['apt-get', 'apt-get update && apt-get install -y'],
  ['dnf', 'dnf install -y'],
  ['microdnf', 'microdnf install -y'],
  ['yum', 'yum install -y'],
  ['zypper', 'zypper --non-interactive install'],
  ['pacman', 'pacman -Sy --noconfirm'],
];

function missingProgram({ argv, end, output, programs }: FailedRun): string | undefined {
  if (!('code' in end) || end.code !== NOT_FOUND) return undefined;
  const name = MISSING.map((pattern) => pattern.exec(output)?.[1]).find((one) => one !== undefined);
  if (name === undefined) return undefined;
  if (BASH_WORDS.has(name)) {
    return `${name} is a word of bash, and the shell is ${argv[0] ?? '/bin/sh'}: choose one with SHELL ["/bin/bash", "-c"]${name === 'source' ? ", or write '.' instead" : ''}.`;
  }
  if (name === 'sudo') return 'RUN is root unless USER says otherwise: leave sudo out.';
  if (name.includes('/')) {
    return `${name} is not in the image, or what its first line names is not: COPY it first, and look for a missing shell or Windows line ends.`;
  }
  const known = programs();
  const same = OTHER_NAMES.get(name);
  if (same !== undefined && known.has(same)) return `The image has ${same} instead of ${name}.`;
  const near = WELL_KNOWN.has(name)
    ? undefined
    : closest(name, known, { max: name.length > 5 ? 2 : 1 });
  if (near !== undefined) return `Did you mean '${near}'? The image has no '${name}'.`;
  const [, install] = INSTALL.find(([tool]) => known.has(tool)) ?? [];
  if (INSTALL.some(([tool]) => tool === name || `${tool.split('-')[0]}` === name)) {
    return install === undefined
      ? `The image has no ${name}, and no other package manager that stave knows.`
      : `The image has no ${name}; its packages come with '${install} NAME'.`;
  }
  return install === undefined
    ? `The image has no program '${name}' in its PATH.`
    : `The image has no program '${name}'; if a package of that name has it: '${install} ${name}'.`;
}

const NO_NAMES = new RegExp(
  [
    'Could not resolve (?:host|proxy)',
    'Temporary failure (?:in name resolution|resolving)',
    'Name or service not known',
    'bad address ',
    'EAI_AGAIN',
    'ENOTFOUND',
    'DNS[: ](?:lookup error|transient error)',
    'temporary error \\(try again later\\)',
    'server misbehaving',
    '[Nn]etwork (?:is )?unreachable',
    'dial tcp: lookup [^\\n]*(?:no such host|connection refused|misbehaving)',
  ].join('|'),
);

function noNames({ output, network }: FailedRun): string | undefined {
  if (!NO_NAMES.test(output)) return undefined;
  return network === 'none'
    ? 'The step has no network: it was built with --network=none.'
    : 'No name could be resolved, or no host reached: look at /etc/resolv.conf, or give a proxy with --build-arg HTTPS_PROXY=….';
}

function notExecutable({ end, output }: FailedRun): string | undefined {
  if (!('code' in end) || end.code !== 126) return undefined;
  const name = /(?:^|: )([^\s:]*\/[^\s:]+): Permission denied$/m.exec(output)?.[1];
  if (name === undefined) return undefined;
  return `${name} is not executable: 'RUN chmod +x ${name}', or copy it with COPY --chmod=755.`;
}

function notRoot({ output, user }: FailedRun): string | undefined {
  if (user === '' || user === 'root' || user === '0') return undefined;
  return /permission denied|are you root|operation not permitted|EACCES/i.test(output)
    ? `The step ran as ${user}: put what needs root above that USER, or below a USER root.`
    : undefined;
}

function lostDirectory({ output, script = '' }: FailedRun): string | undefined {
  const lost =
    /cd: (?:line \d+: )?(?:can't cd to )?[^\n]*(?:can't cd to|[Nn]o such file or directory)/;
  return lost.test(output) && /\bcd\b/.test(script)
    ? 'Every RUN begins in WORKDIR: a cd of an earlier one does not last.'
    : undefined;
}

function readOnly({ output }: FailedRun): string | undefined {
  return /read-only file system/i.test(output)
    ? 'Bind mounts are read-only unless they say rw, and what is written to them is dropped even then.'
    : undefined;
}

function killed({ end }: FailedRun): string | undefined {
  const dead = 'signal' in end ? end.signal === 'SIGKILL' : end.code === KILLED;
  return dead ? 'It was killed, most often because memory ran out.' : undefined;
}

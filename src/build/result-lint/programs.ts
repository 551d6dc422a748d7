import { posix } from 'node:path';
import type { RuleName } from '../../dockerfile/lint/rule.ts';
import type { ContainerConfig } from '../../oci/image-config.ts';
import type { StackView } from '../../snapshot/stack-view.ts';
import { readElf } from './elf.ts';
import { foundIn, headOf, missingLibraries, openedIn } from './libraries.ts';

/** Something that is wrong with an image. */
export interface ResultFinding {
  readonly rule: RuleName;
  readonly detail: string;
  /** The instruction that it is about. */
  readonly about: 'ENTRYPOINT' | 'CMD' | 'HEALTHCHECK' | 'USER' | 'FROM' | 'layer';
  /** For `layer`: its place in the stack, counted from 0. */
  readonly layer?: number;
}

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** What shells do themselves. */
const BUILTINS: ReadonlySet<string> = new Set(
  '. : [ alias bg break case cd command continue echo eval exit export false for getopts hash if jobs kill let local printf pwd read readonly return set shift source test times trap true type ulimit umask unalias unset until wait while { ('.split(
    ' ',
  ),
);
const LINE = 256;

/** What an image would be started with, and checked with, and whether that can work. */
export function programFindings(config: ContainerConfig, view: StackView): ResultFinding[] {
  const entrypoint = config.Entrypoint ?? [];
  const argv = [...entrypoint, ...(config.Cmd ?? [])];
  const about = entrypoint.length > 0 ? 'ENTRYPOINT' : 'CMD';
  const probe = config.Healthcheck?.Test ?? [];
  const shell = config.Shell && config.Shell.length > 0 ? config.Shell : ['/bin/sh', '-c'];
  const checks = [
    ...commandFindings(argv, about, config, view),
    ...(probe[0] === 'CMD' ? commandFindings(probe.slice(1), 'HEALTHCHECK', config, view) : []),
    ...(probe[0] === 'CMD-SHELL'
      ? commandFindings([...shell, ...probe.slice(1)], 'HEALTHCHECK', config, view)
      : []),
  ];
  return checks;
}

function commandFindings(
  argv: readonly string[],
  about: ResultFinding['about'],
  config: ContainerConfig,
  view: StackView,
): ResultFinding[] {
  const [program, option, script] = argv;
  if (program === undefined || program === '') return [];
  const place = placeOf(program, config, view);
  const isShell = option !== undefined && /^-\w*c$/.test(option) && script !== undefined;
  if (place === undefined) {
    if (isShell && /(?:^|\/)(?:ba|da|a|z|k)?sh$/.test(program)) {
      return [
        {
          rule: 'ShellFormWithoutShell',
          about,
          detail: `${about} is in shell form, and the image has no ${program}: write it as a JSON array, such as ${about} ["/app"]`,
        },
      ];
    }
    return [notFound(program, about, config)];
  }
  const own = runnable(place, about, config, view);
  if (own.length > 0 || !isShell) return own;
  const word = firstWord(script);
  if (word === undefined) return [];
  const inner = placeOf(word, config, view);
  return inner === undefined
    ? [notFound(word, about, config)]
    : runnable(inner, about, config, view);
}

function notFound(
  program: string,
  about: ResultFinding['about'],
  config: ContainerConfig,
): ResultFinding {
  const where = program.includes('/') ? '' : ` in PATH (${pathOf(config)})`;
  return {
    rule: 'ProgramNotFound',
    about,
    detail: `${about} runs ${program}, which is not in the image${where}: copy or install it in the final stage`,
  };
}

/** What keeps a file that is there from being run. */
function runnable(
  path: string,
  about: ResultFinding['about'],
  config: ContainerConfig,
  view: StackView,
): ResultFinding[] {
  const entry = foundIn(view, path);
  if (entry?.kind !== 'file' || (Number(entry.stat.mode) & 0o111) === 0) {
    const detail = `${about} runs ${path}, which is no executable file: COPY --chmod=755, or chmod +x before it is copied`;
    return [{ rule: 'ProgramNotExecutable', about, detail }];
  }
  const line = /^#![ \t]*([^ \t\n]+)(?:[ \t]+([^ \t\n]+))?/.exec(
    headOf(view, path, LINE)?.toString('latin1') ?? '',
  );
  if (line) return interpreted(path, line, about, config, view);
  const interpreter = openedIn(view, path, readElf)?.interpreter;
  if (interpreter !== undefined && foundIn(view, interpreter)?.kind !== 'file') {
    const detail = `${path} is linked dynamically and asks for ${interpreter}, which is not in the image: link it statically (CGO_ENABLED=0, -static, a musl target), or use a base image with that C library`;
    return [{ rule: 'MissingInterpreter', about, detail }];
  }
  const missing = missingLibraries(view, path, environment(config));
  if (missing.length === 0) return [];
  const shown =
    missing.slice(0, 5).join(', ') + (missing.length > 5 ? ` and ${missing.length - 5} more` : '');
  const detail = `${path} needs ${shown}, which the image does not have: copy them from the stage that built it, link statically, or install them in the final stage`;
  return [{ rule: 'MissingLibrary', about, detail }];
}

function interpreted(
  path: string,
  [, interpreter = '', argument]: readonly (string | undefined)[],
  about: ResultFinding['about'],
  config: ContainerConfig,
  view: StackView,
): ResultFinding[] {
  const asked =
    posix.basename(interpreter) === 'env' && argument !== undefined && !argument.startsWith('-')
      ? [interpreter, argument]
      : [interpreter];
  const missing = asked.find((one) => placeOf(one, config, view) === undefined);
  if (missing === undefined) return [];
  const end = missing.endsWith('\r') ? ' (its lines end in CR LF)' : '';
  const detail = `${path} is a script for ${missing.trim()}${end}, which is not in the image: install it in the final stage, or write the script for what is there`;
  return [{ rule: 'MissingInterpreter', about, detail }];
}

/** Where a program is that is called by this name; undefined where it is not there. */
export function placeOf(
  program: string,
  config: ContainerConfig,
  view: StackView,
): string | undefined {
  const cwd = config.WorkingDir || '/';
  if (program.includes('/')) {
    const path = posix.resolve(cwd, program);
    return foundIn(view, path) ? path : undefined;
  }
  return pathOf(config)
    .split(':')
    .map((directory) => posix.join(posix.resolve(cwd, directory), program))
    .find((path) => foundIn(view, path)?.kind === 'file');
}

function environment({ Env = [] }: ContainerConfig): ReadonlyMap<string, string> {
  return new Map(
    (Env ?? []).map((entry) => {
      const at = entry.indexOf('=');
      return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

function pathOf(config: ContainerConfig): string {
  return environment(config).get('PATH') ?? DEFAULT_PATH;
}

/** The program that a line of shell begins with, where that is plain. */
function firstWord(script: string): string | undefined {
  const words = script.trim().split(/\s+/);
  while (words.length > 0 && /^(?:\w+=\S*|exec)$/.test(words[0]!)) words.shift();
  const [word] = words;
  if (word === undefined || !/^[\w./+-]+$/.test(word) || word.startsWith('-')) return undefined;
  return BUILTINS.has(word) ? undefined : word;
}

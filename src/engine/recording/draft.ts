import { credentialsIn } from '../audit/values.ts';
import type { ContainerConfig } from '../../oci/image-config.ts';
import { carriedLines, Definitions } from './carried.ts';
import type { Step, Typed } from './commands.ts';
import { configLines } from './config-lines.ts';
import { comment, isPlainPath, isPlainScript, isText, runLines } from './dockerfile-text.ts';
import type { Draft, RecordedCommand } from './draft-types.ts';
import { fateOf, type Evidence } from './fate.ts';
import type { Prompt } from './journal.ts';
import { installLines } from './packages.ts';
import type { Change } from './snapshot.ts';
import { mergePackages, type CommandStep, type DraftStep, type PackageStep } from './steps.ts';
import { Taking } from './taking.ts';
import { isVolatile } from './volatile.ts';

/** Everything that a draft is made of. */
export interface DraftSources {
  /** Of the container. */
  readonly name: string;
  /** What stands behind FROM. */
  readonly from: string;
  readonly base: ContainerConfig;
  /** What the container was started with. */
  readonly config: ContainerConfig;
  /** Instructions of the commit, as typed. */
  readonly instructions: readonly string[];
  readonly steps: readonly Step[];
  readonly evidence: (prompt: Prompt) => Evidence | undefined;
  /** What changed since the last prompt that was seen. */
  readonly rest: readonly Change[];
  /** What is at a path of the image, if it is a directory. */
  readonly directory: (path: string) => Change | undefined;
  /** What is at a path of the container now. */
  readonly now: (path: string) => Change;
}

/** So long is waited for what went on in the background. */
const PATIENCE = 10;
const WAIT = [
  'stave_wait=$!; stave_left=' + String(PATIENCE),
  'while kill -0 $stave_wait 2>/dev/null && [ $stave_left -gt 0 ]; do sleep 1; stave_left=$((stave_left-1)); done',
  'kill $stave_wait 2>/dev/null || true',
];

/** Writes the draft of a recorded container. */
export function draftOf(sources: DraftSources): Draft {
  return new Drafting(sources).draft();
}

class Drafting {
  readonly #sources: DraftSources;
  readonly #lines: string[] = [];
  readonly #warnings: string[] = [];
  readonly #definitions = new Definitions();
  readonly #taking: Taking;
  readonly #baseline: ReadonlyMap<string, string>;
  readonly #start: { readonly directory: string; readonly uid: number; readonly gid: number };
  #directory: string;
  #user: string;

  constructor(sources: DraftSources) {
    this.#sources = sources;
    const { config, steps, directory } = sources;
    this.#taking = new Taking(directory);
    const first = steps[0]?.prompt;
    this.#baseline = first?.exported ?? new Map();
    this.#start = {
      directory: plainOr(config.WorkingDir, '/'),
      uid: first?.uid ?? 0,
      gid: first?.gid ?? 0,
    };
    this.#directory = this.#start.directory;
    this.#user = userOf(this.#start);
  }

  draft(): Draft {
    const { steps, evidence, base, config, instructions, rest } = this.#sources;
    const commands = steps.flatMap(({ prompt, typed }): CommandStep[] => {
      if (!typed) return [];
      const known = evidence(prompt);
      return [{ kind: 'command', typed, evidence: known, fate: fateOf(typed, known) }];
    });
    const settings = configLines(base, config);
    this.#head(commands);
    this.#lines.push(...settings.before);
    const kept = commands.filter(({ fate }) => fate !== 'nothing' && fate !== 'failed');
    for (const step of mergePackages(kept)) this.#step(step);
    this.#rest(rest);
    this.#backToStart();
    const isSet = (line: string): boolean => {
      const [word = ''] = line.split(' ', 1);
      return instructions.some((one) => one.trim().toUpperCase().startsWith(`${word} `));
    };
    this.#lines.push(
      ...settings.after.filter((line) => !/^(?:CMD|ENTRYPOINT) /.test(line) || !isSet(line)),
    );
    this.#lines.push(...instructions.map((text) => text.trim()));
    for (const text of settings.left) this.#warn(`${text}: no instruction can say it`);
    return {
      dockerfile: `${this.#lines.join('\n')}\n`,
      files: this.#taking.files,
      commands: commands.map(({ typed, fate, evidence: known }): RecordedCommand => ({
        text: typed.text,
        status: typed.status,
        directory: typed.before.directory,
        uid: typed.before.uid,
        fate,
        changed: known?.changes.length,
      })),
      warnings: this.#warnings,
    };
  }

  #head(commands: readonly CommandStep[]): void {
    const { name, from } = this.#sources;
    const count = (...fates: readonly string[]): number =>
      commands.filter(({ fate }) => fates.includes(fate)).length;
    const left = [
      ...(count('nothing') > 0 ? [`${count('nothing')} changed no files`] : []),
      ...(count('failed') > 0 ? [`${count('failed')} failed`] : []),
    ];
    this.#lines.push(
      comment(`A draft of what was done in container ${name}: ${commands.length} commands.`),
      ...(left.length > 0 ? [comment(`Left out: ${left.join(', ')}.`)] : []),
      `FROM ${from}`,
    );
  }

  #step(step: DraftStep): void {
    if (step.kind === 'packages') this.#packages(step);
    else this.#command(step);
  }

  #packages({ typed, manager, update, flags, packages }: PackageStep): void {
    this.#at(typed.before, manager === 'npm' || manager === 'pip');
    const lines =
      packages.length === 0
        ? [`${manager} ${manager === 'dnf' ? 'makecache' : 'update'}`]
        : installLines(manager, update, flags, packages);
    const carried = carriedLines(typed, this.#baseline, []).filter((line) =>
      line.startsWith('export '),
    );
    this.#run(typed, [...carried, ...lines]);
  }

  #command({ typed, fate, evidence }: CommandStep): void {
    const { text } = typed;
    if (fate === 'carried') this.#definitions.add(typed);
    else if (fate === 'lost' || text === undefined || !isText(text)) this.#unknown(evidence);
    else if (fate === 'taken')
      this.#take(`What was left by: ${text}`, this.#leftBy(typed, evidence), evidence);
    else this.#say(typed, text, fate);
  }

  #unknown(evidence: Evidence | undefined): void {
    if (evidence)
      this.#take('What was left by a command that is not known', evidence.changes, evidence);
    else this.#warn('a command is not known, nor what it changed: it is left out');
  }

  /** What a command changed; where nobody looked, the files that it names. */
  #leftBy({ text = '', before }: Typed, evidence: Evidence | undefined): readonly Change[] {
    if (evidence) return evidence.changes;
    const words = text.split(/[\s<>"']+/).filter((word) => /^[\w./~+-]+$/.test(word));
    const home = before.exported.get('HOME') ?? '/root';
    const paths = words.map((word) => {
      const path = word.startsWith('~/') ? `${home}/${word.slice(2)}` : word;
      const whole = path.startsWith('/') ? path : `${before.directory}/${path}`;
      return whole.replaceAll(/\/(?:\.?\/)+/g, '/');
    });
    return paths.map(this.#sources.now).filter(({ kind }) => kind === 'file');
  }

  #say(typed: Typed, text: string, fate: CommandStep['fate']): void {
    const { before } = typed;
    this.#at(before, true);
    const definitions = this.#definitions.of(typed);
    const lines = [...carriedLines(typed, this.#baseline, definitions)];
    if (fate === 'background') {
      this.#lines.push(comment(`It went on in the background: it gets ${PATIENCE} seconds.`));
      this.#run(typed, [...lines, text, ...WAIT]);
      return;
    }
    if (fate !== 'tolerated') {
      this.#run(typed, [...lines, text], definitions.length > 0);
      return;
    }
    this.#lines.push(comment(`It ended with exit code ${typed.status}, and changed files.`));
    const isSimple = isPlainScript(text) && !/[&;]/.test(text);
    this.#run(typed, [...lines, ...(isSimple ? [`${text} || true`] : [text, 'true'])], !isSimple);
  }

  /** `several`: lines that are not to depend on each other. */
  #run({ before, text }: Typed, lines: readonly string[], several = false): void {
    const all = lines.join('\n');
    if (!isText(all)) {
      this.#warn(`a command needs a value that no Dockerfile can hold: ${text ?? ''}`);
      return;
    }
    this.#flag(all);
    const plain =
      lines.every(isPlainScript) && !several && !lines.some((line) => line.endsWith('&'));
    const { Shell: shell } = this.#sources.config;
    const wants = before.shell === 'bash' && !plain ? bashOf(before) : undefined;
    const other =
      shell && shell[0] !== '/bin/sh' && before.shell !== 'bash' ? '/bin/sh' : undefined;
    const named = wants ?? other;
    const script =
      wants !== undefined && /^alias\s/m.test(all) ? ['shopt -s expand_aliases', ...lines] : lines;
    // A comment of the shell keeps several lines from being put into one.
    this.#lines.push(
      runLines({
        lines: plain ? script : [script.join('\n')],
        ...(named !== undefined && { shell: named }),
      }),
    );
  }

  #take(title: string, changes: readonly Change[], evidence: Evidence | undefined): void {
    const wanted = changes.filter(({ path }) => !isVolatile(path));
    if (evidence?.more === true) this.#warn(`not all is taken of: ${title}`);
    const taken = this.#taking.take(wanted, title);
    for (const text of taken.left) this.#warn(text);
    if (taken.lines.length === 0) return;
    this.#flag(title);
    this.#lines.push(comment(title));
    if (taken.lines.some((line) => line.startsWith('RUN'))) this.#as({ uid: 0, gid: 0 });
    this.#lines.push(...taken.lines);
  }

  #rest(changes: readonly Change[]): void {
    this.#take('What changed after the last command, or beside it', changes, undefined);
  }

  #at(prompt: Prompt, inDirectory: boolean): void {
    this.#as(prompt);
    if (inDirectory && isPlainPath(prompt.directory)) this.#in(prompt.directory);
  }

  #as(who: { readonly uid: number; readonly gid: number }): void {
    if (userOf(who) === this.#user) return;
    this.#user = userOf(who);
    const isStart = this.#user === userOf(this.#start);
    this.#lines.push(`USER ${isStart ? this.#startUser() : this.#user}`);
  }

  #startUser(): string {
    const { User: user = '' } = this.#sources.config;
    return /^[\w.:-]+$/.test(user) ? user : userOf(this.#start);
  }

  #in(directory: string): void {
    if (directory === this.#directory) return;
    this.#directory = directory;
    this.#lines.push(`WORKDIR ${directory}`);
  }

  #backToStart(): void {
    this.#as(this.#start);
    this.#in(this.#start.directory);
  }

  #flag(text: string): void {
    for (const { description } of credentialsIn(text)) {
      this.#warn(`the draft holds ${description}: take it out, and use RUN --mount=type=secret`);
    }
  }

  #warn(text: string): void {
    const line = comment(text).slice(2);
    if (!this.#warnings.includes(line)) this.#warnings.push(line);
  }
}

function userOf({ uid, gid }: { readonly uid: number; readonly gid: number }): string {
  return uid === 0 && gid === 0 ? 'root' : `${uid}:${gid}`;
}

function plainOr(path: string | undefined, other: string): string {
  return path !== undefined && isPlainPath(path) ? path : other;
}

/** Where the recorded bash is. */
function bashOf({ variables }: Prompt): string {
  const path = variables.get('BASH') ?? '';
  return isPlainPath(path) && path.length > 1 ? path : '/bin/bash';
}

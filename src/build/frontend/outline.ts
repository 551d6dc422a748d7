import { posix } from 'node:path';
import { StaveError } from '../../base/errors.ts';
import type {
  ArgDeclaration,
  ArgInstruction,
  Dockerfile,
  RunInstruction,
  Span,
  Stage,
  Word,
} from '../../dockerfile/ast.ts';
import { expandWord, expansionBudget } from '../../dockerfile/expand.ts';
import { resolveMount } from '../../dockerfile/mount-flag.ts';
import type { StageState } from './state.ts';
import type { Watcher } from './watcher.ts';

/** An argument that the target takes. */
export interface OutlineArg {
  readonly name: string;
  readonly description?: string;
  /** What it is without more being said; absent when it is unset. */
  readonly value?: string;
  readonly span: Span;
}

/** A secret or an SSH agent that a RUN of the target asks for. */
export interface OutlineMount {
  readonly name: string;
  readonly required: boolean;
  readonly span: Span;
}

/** What a target can be given, each in the order of lines. */
export interface OutlineParts {
  readonly args: readonly OutlineArg[];
  readonly secrets: readonly OutlineMount[];
  readonly ssh: readonly OutlineMount[];
}

/** Notes what evaluated stages take. */
export interface OutlineWatcher extends Watcher {
  /** What was noted; of arguments with the same name that of the target. */
  parts(target: Stage): OutlineParts;
}

/** A watcher for `--call outline`. `given` holds the build arguments. */
export function outlineWatcher(
  file: Dockerfile,
  given: ReadonlyMap<string, string>,
): OutlineWatcher {
  const args = new Map<number, Map<string, OutlineArg>>();
  const secrets = new Map<string, OutlineMount>();
  const ssh = new Map<string, OutlineMount>();
  const globals = globalArgs(file);
  let values: ReadonlyMap<string, string> = new Map();
  const argsOf = (stage: Stage): Map<string, OutlineArg> => {
    const own = args.get(stage.index) ?? new Map<string, OutlineArg>();
    args.set(stage.index, own);
    return own;
  };
  /** Notes a global argument, and those that its default is made of. */
  const useGlobal = (first: string, own: Map<string, OutlineArg>): void => {
    const left = [first];
    for (let name = left.pop(); name !== undefined; name = left.pop()) {
      const known = globals.get(name);
      if (!known || own.has(name)) continue;
      own.set(name, outlineArg(known.declaration, known.instruction, values.get(name)));
      left.push(...known.uses);
    }
  };
  return {
    globals(all) {
      values = all;
    },
    begin(stage) {
      const { image, platform } = stage.from;
      for (const word of [image, ...(platform ? [platform] : [])]) {
        for (const name of namesIn(word, file)) useGlobal(name, argsOf(stage));
      }
    },
    applied(stage, state, instruction, trigger) {
      const at = trigger ? stage.from.span : instruction.span;
      if (instruction.kind === 'ARG') {
        const own = argsOf(stage);
        for (const declaration of instruction.args) {
          const { name, value } = declaration;
          if (!value && !given.has(name) && values.has(name)) useGlobal(name, own);
          else own.set(name, outlineArg(declaration, instruction, state.scope.peek(name)));
        }
      } else if (instruction.kind === 'RUN') {
        noteMounts(instruction, state, { at, escape: file.escape, secrets, ssh });
      }
    },
    parts: (target) => ({
      args: byLine(new Map([...args.values(), argsOf(target)].flatMap((own) => [...own])).values()),
      secrets: byLine(secrets.values()),
      ssh: byLine(ssh.values()),
    }),
  };
}

interface GlobalArg {
  readonly declaration: ArgDeclaration;
  readonly instruction: ArgInstruction;
  readonly uses: ReadonlySet<string>;
}

/** The ARGs before the first FROM; of one that is given again the last counts, with what all use. */
function globalArgs(file: Dockerfile): ReadonlyMap<string, GlobalArg> {
  const globals = new Map<string, GlobalArg>();
  for (const instruction of file.globals) {
    for (const declaration of instruction.args) {
      const uses = new Set(declaration.value ? namesIn(declaration.value, file) : []);
      for (const used of globals.get(declaration.name)?.uses ?? []) uses.add(used);
      globals.set(declaration.name, { declaration, instruction, uses });
    }
  }
  return globals;
}

function outlineArg(
  { name, description }: ArgDeclaration,
  { span }: ArgInstruction,
  value: string | undefined,
): OutlineArg {
  return {
    name,
    ...(description !== undefined && { description }),
    ...(value !== undefined && { value }),
    span,
  };
}

/** The variables that a word mentions. */
function namesIn(word: Word, { escape }: Dockerfile): ReadonlySet<string> {
  const unset = new Set<string>();
  try {
    expandWord(word.raw, () => undefined, { escape, unset });
  } catch (error) {
    // One that cannot be expanded fails where it is used.
    if (!(error instanceof StaveError)) throw error;
  }
  return unset;
}

function noteMounts(
  { mounts }: RunInstruction,
  { scope }: StageState,
  to: {
    readonly at: Span;
    readonly escape: Dockerfile['escape'];
    readonly secrets: Map<string, OutlineMount>;
    readonly ssh: Map<string, OutlineMount>;
  },
): void {
  const budget = expansionBudget();
  const expand = (word: string): string =>
    expandWord(word, (name) => scope.peek(name), { escape: to.escape, budget });
  for (const mount of mounts) {
    const { type, source, id, target, required } = resolveMount(mount, expand);
    if (type !== 'secret' && type !== 'ssh') continue;
    const fallback = type === 'ssh' ? 'default' : posix.basename(target ?? '');
    const name = (type === 'secret' ? source : undefined) || id || fallback;
    const found = type === 'secret' ? to.secrets : to.ssh;
    if (!found.has(name)) found.set(name, { name, required, span: to.at });
  }
}

function byLine<T extends { readonly span: Span }>(items: Iterable<T>): T[] {
  return [...items].toSorted((a, b) => a.span.start.line - b.span.start.line);
}

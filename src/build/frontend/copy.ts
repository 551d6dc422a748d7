import { posix } from 'node:path';
import { InvalidInputError } from '../../base/errors.ts';
import type { AddInstruction, CopyInstruction, Heredoc, Word } from '../../dockerfile/ast.ts';
import type { CopyOp } from '../graph.ts';
import { copyText } from './history.ts';
import type { StageSetting } from './instructions.ts';
import type { StageState } from './state.ts';
import { vertexFor } from './vertex.ts';

const REMOTE = /^(?:https?:\/\/|git:\/\/|ssh:\/\/|git@)/;

/** COPY and ADD: files from the context, a stage, an image or the text itself. */
export function addCopy(
  state: StageState,
  instruction: CopyInstruction | AddInstruction,
  setting: StageSetting,
  trigger: boolean,
): void {
  const { flags } = instruction;
  const lookup = (name: string): string | undefined => state.scope.get(name);
  const expand = (word: Word): string => setting.words.expand(word, lookup);
  const words = instruction.sources.filter((source): source is Word => !('body' in source));
  const paths = words.map(expand);
  const texts = instruction.sources
    .filter((source): source is Heredoc => 'body' in source)
    .map((source) => ({
      name: source.name,
      content: source.expand
        ? setting.words.heredoc(source.content, source.span, lookup)
        : source.content,
    }));
  refuseUnavailable(instruction, paths, setting);
  const target = destination(state.workdir, expand(instruction.target));
  // The others would overwrite each other; with --parents the target is always a directory.
  if (instruction.sources.length > 1 && !target.endsWith('/') && flags.parents !== true) {
    setting.words.located(instruction.target.span, () => severalWithoutSlash(instruction, target));
  }
  const chown = flags.chown && expand(flags.chown);
  const chmod = flags.chmod && expand(flags.chmod);
  const source = flags.from ? setting.source(flags.from, instruction) : undefined;
  const inputs = source && 'vertex' in source && source.vertex ? [source.vertex] : [];
  const op: CopyOp = {
    kind: 'copy',
    add: instruction.kind === 'ADD',
    from: source && 'vertex' in source ? 'input' : 'context',
    ...(source && 'context' in source && { context: source.context }),
    paths,
    texts,
    target,
    ...(chown !== undefined && { chown }),
    ...(chmod !== undefined && { chmod }),
    // As in BuildKit, which cannot link what it has to change.
    link: flags.link === true && chmod === undefined,
    ...(flags.parents === true && { parents: true }),
    exclude: flags.exclude,
    ...(flags.unpack !== undefined && { unpack: flags.unpack }),
  };
  const expanded = { ...(chown !== undefined && { chown }), ...(chmod !== undefined && { chmod }) };
  const shown = [...paths, ...texts.map(({ name }) => `<<${name}`)];
  const text = copyText(instruction.kind, flags, expanded, shown, expand(instruction.target));
  state.commit(text, vertexFor(state, instruction, setting, { op, text, inputs, trigger }));
}

/** A destination made absolute; its trailing slash, which says "directory", stays. */
function destination(workdir: string, target: string): string {
  const joined = target.startsWith('/') ? target : posix.join('/', workdir, target);
  const directory = /(?:^|\/)\.?$/.test(target);
  const clean = posix.normalize(joined).replace(/(.)\/+$/, '$1');
  return directory && !clean.endsWith('/') ? `${clean}/` : clean;
}

function severalWithoutSlash({ kind }: CopyInstruction | AddInstruction, target: string): never {
  throw new InvalidInputError(
    `When using ${kind} with more than one source file, the destination must be a directory and end with a /`,
    { hint: `Write ${target}/ for a directory.` },
  );
}

/** Flags and sources that this version refuses rather than ignores. */
function refuseUnavailable(
  instruction: CopyInstruction | AddInstruction,
  paths: readonly string[],
  setting: StageSetting,
): void {
  const { flags, kind, span } = instruction;
  const remote = paths.find((path) => REMOTE.test(path));
  if (remote !== undefined && kind === 'COPY') {
    throw setting.words.error(`source can't be a URL for COPY: ${remote}`, span);
  }
  const what =
    remote !== undefined
      ? `ADD of a URL or git repository (${remote})`
      : flags.checksum || flags.keepGitDir
        ? 'ADD of a URL or git repository'
        : undefined;
  if (what !== undefined)
    throw setting.words.error(`${what} is not available in this version`, span);
}

import { posix } from 'node:path';
import { InvalidInputError } from '../../base/errors.ts';
import type { AddInstruction, CopyInstruction, Heredoc, Word } from '../../dockerfile/ast.ts';
import type { CopyOp } from '../graph.ts';
import { copyText } from './history.ts';
import type { StageSetting } from './instructions.ts';
import { splitSources } from './remotes.ts';
import type { StageState } from './state.ts';
import { vertexFor } from './vertex.ts';

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
  const { paths, remotes, shown } = splitSources(instruction, words, setting.words, expand);
  const texts = instruction.sources
    .filter((source): source is Heredoc => 'body' in source)
    .map((source) => ({
      name: source.name,
      content: source.expand
        ? setting.words.heredoc(source.content, source.span, lookup)
        : source.content,
    }));
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
    ...(remotes.length > 0 && { remotes }),
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
  const all = [...shown, ...texts.map(({ name }) => `<<${name}`)];
  const text = copyText(instruction.kind, flags, expanded, all, expand(instruction.target));
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

import { InvalidInputError } from '../../base/errors.ts';
import type { AddInstruction, CopyFlags, CopyInstruction, Word } from '../../dockerfile/ast.ts';
import { isFullCommit, type GitRef } from '../sources/git-url.ts';
import { parseChecksum, parseRemote, type RemoteRef } from '../sources/remote.ts';
import type { Words } from './words.ts';

/** The sources of a COPY or ADD: paths, and what comes from elsewhere. */
export interface SplitSources {
  readonly paths: readonly string[];
  readonly remotes: readonly { readonly at: number; readonly ref: RemoteRef }[];
  /** All of them as a history shows them: without credentials. */
  readonly shown: readonly string[];
}

/** Tells paths from URLs and repositories. Throws DockerfileError where a flag or a word does not fit. */
export function splitSources(
  instruction: CopyInstruction | AddInstruction,
  sources: readonly Word[],
  words: Words,
  expand: (word: Word) => string,
): SplitSources {
  const { flags, kind } = instruction;
  const checksum = flags.checksum && expand(flags.checksum);
  const paths: string[] = [];
  const remotes: { at: number; ref: RemoteRef }[] = [];
  const shown: string[] = [];
  for (const word of sources) {
    const text = expand(word);
    const ref = words.located(word.span, () => parseRemote(text));
    if (!ref) {
      paths.push(text);
      shown.push(text);
      continue;
    }
    if (kind === 'COPY') {
      throw words.error(`source can't be a URL for COPY: ${ref.shown}`, word.span);
    }
    const checked = words.located(flags.checksum?.span ?? word.span, () =>
      withFlags(ref, checksum, flags),
    );
    remotes.push({ at: paths.length, ref: checked });
    shown.push(ref.shown);
  }
  if (checksum !== undefined && flags.checksum) {
    const { span } = flags.checksum;
    if (instruction.sources.length > 1) {
      throw words.error("checksum can't be specified for multiple sources", span);
    }
    if (remotes.length === 0) {
      throw words.error("checksum can't be specified for sources that are no URL", span);
    }
  }
  return { paths, remotes, shown };
}

function withFlags(
  ref: RemoteRef,
  checksum: string | undefined,
  { keepGitDir }: CopyFlags,
): RemoteRef {
  if (ref.kind === 'http') {
    return checksum === undefined ? ref : { ...ref, checksum: parseChecksum(checksum) };
  }
  const kept = keepGitDir === undefined ? ref : { ...ref, keepGitDir };
  return checksum === undefined ? kept : { ...kept, ...withCommit(ref, checksum.toLowerCase()) };
}

function withCommit(ref: GitRef, commit: string): Pick<GitRef, 'commit' | 'ref'> {
  if (!/^[0-9a-f]{1,64}$/.test(commit)) {
    throw new InvalidInputError(`invalid checksum ${JSON.stringify(commit)}`, {
      hint: 'For a git repository it is a commit, or how one begins, in hex.',
    });
  }
  if (ref.commit !== undefined && ref.commit !== commit) {
    throw new InvalidInputError(`${ref.shown} names another commit than --checksum=${commit}`);
  }
  return { commit, ...(ref.ref === undefined && isFullCommit(commit) && { ref: commit }) };
}

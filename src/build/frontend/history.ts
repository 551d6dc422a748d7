import type { CopyLike } from '../../dockerfile/ast.ts';

/** What the builder signs its history entries with: tools look for it. */
export const HISTORY_COMMENT = 'buildkit.dockerfile.v0';

/** A Go-quoted list: `["a" "b"]`. */
export function quotedList(words: readonly string[]): string {
  return `[${words.map((word) => JSON.stringify(word)).join(' ')}]`;
}

/** `RUN |2 A=1 B= /bin/sh -c make # buildkit`. */
export function runText(argv: readonly string[], args: readonly string[]): string {
  const declared = args.length > 0 ? `|${args.length} ${args.join(' ')} ` : '';
  return `RUN ${declared}${argv.join(' ')} # buildkit`;
}

/** `COPY --chown=1:2 a b /c # buildkit`. */
export function copyText(
  kind: 'COPY' | 'ADD',
  flags: CopyLike['flags'],
  expanded: { readonly chown?: string; readonly chmod?: string },
  sources: readonly string[],
  target: string,
): string {
  const words = [
    ...(flags.parents ? ['--parents'] : []),
    ...(expanded.chown !== undefined ? [`--chown=${expanded.chown}`] : []),
    ...(expanded.chmod !== undefined ? [`--chmod=${expanded.chmod}`] : []),
    ...sources,
    target,
  ];
  return `${kind} ${words.join(' ')} # buildkit`;
}

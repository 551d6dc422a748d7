import type { FromInstruction } from '../../dockerfile/ast.ts';
import type { Vertex } from '../graph.ts';

/** What `--build-context name=…` stands for. */
export type NamedContext =
  | { readonly kind: 'image'; readonly reference: string }
  | { readonly kind: 'directory'; readonly path: string };

/** The named context that a text means; `alpine` and `alpine:latest` are the same name. */
export function contextNamed(
  contexts: ReadonlyMap<string, NamedContext>,
  text: string,
): { name: string; context: NamedContext } | undefined {
  for (const name of [text, `${text}:latest`, text.replace(/:latest$/, '')]) {
    const context = contexts.get(name);
    if (context) return { name, context };
  }
  return undefined;
}

/** A directory as the whole root of a stage. */
export function directoryVertex(
  { name, path }: { readonly name: string; readonly path: string },
  { span }: FromInstruction,
  { stage, origin }: { readonly stage: string; readonly origin: string },
): Vertex {
  return {
    op: {
      kind: 'copy',
      add: false,
      from: 'context',
      context: name,
      paths: ['.'],
      texts: [],
      target: '/',
      link: false,
      exclude: [],
    },
    inputs: [],
    name: `[context ${name}] load from ${path}`,
    stage,
    place: [origin, stage, 'context', name].join('\0'),
    instruction: `FROM ${name}`,
    span,
    uncached: false,
  };
}

import type { Vertex } from '../graph.ts';
import type { FoundContext } from './named-context.ts';

/** A named context of files as the whole root of a stage: all of it is copied. */
export function contextVertex(
  { name, context }: FoundContext,
  stage: Pick<Vertex, 'stage' | 'place'> & { readonly span: NonNullable<Vertex['span']> },
): Vertex {
  const from =
    context.kind === 'directory'
      ? context.path
      : context.kind === 'remote'
        ? context.shown
        : context.reference;
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
    name: `[context ${name}] load from ${from}`,
    instruction: `FROM ${name}`,
    uncached: false,
    ...stage,
  };
}

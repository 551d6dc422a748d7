import type { Vertex } from './graph.ts';

/** Every vertex that the targets are made of, the targets first. */
export function verticesOf(targets: readonly (Vertex | undefined)[]): ReadonlySet<Vertex> {
  const found = new Set<Vertex>(targets.filter((target) => target !== undefined));
  for (const { base, inputs } of found) {
    for (const one of [base, ...inputs]) if (one) found.add(one);
  }
  return found;
}

import type { Vertex } from './graph.ts';

/** Every vertex that a target is made of, the target first. */
export function verticesOf(target: Vertex | undefined): ReadonlySet<Vertex> {
  const found = new Set<Vertex>(target ? [target] : []);
  for (const { base, inputs } of found) {
    for (const one of [base, ...inputs]) if (one) found.add(one);
  }
  return found;
}

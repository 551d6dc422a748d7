import type { Vertex } from './graph.ts';

/** Every vertex that the targets are made of, the targets first. */
export function verticesOf(targets: readonly (Vertex | undefined)[]): ReadonlySet<Vertex> {
  const found = new Set<Vertex>(targets.filter((target) => target !== undefined));
  for (const { base, inputs } of found) {
    for (const one of [base, ...inputs]) if (one) found.add(one);
  }
  return found;
}

/** The vertices that made the layers of a target above its base image, bottom first. */
export function ownSteps(target: Vertex | undefined): Vertex[] {
  const steps: Vertex[] = [];
  for (let at = target; at && at.op.kind !== 'image'; at = at.base) steps.unshift(at);
  return steps;
}

import { formatPlatform, parsePlatform, type Platform } from '../../oci/platform.ts';
import type { Vertex } from '../graph.ts';

/**
 * Of a build for several platforms: gives the vertex of an equal step that another platform
 * has already, so that it is run and shown once.
 */
export type Share = (vertex: Vertex) => Vertex;

/** Makes a {@link Share} for the evaluations of one build. */
export function sharing(): Share {
  const known = new Map<string, Vertex>();
  const numbers = new Map<Vertex, number>();
  return (vertex) => {
    const { op, base, inputs, stage, instruction, uncached } = vertex;
    const roots = [base, ...inputs].map((root) => (root ? (numbers.get(root) ?? -1) : null));
    const key = JSON.stringify([op, roots, stage, instruction, uncached]);
    const before = known.get(key);
    if (before) return before;
    known.set(key, vertex);
    numbers.set(vertex, numbers.size);
    return vertex;
  };
}

/**
 * What stands before the stage in the name of a step: `linux/arm64 `, or `linux/amd64->arm64 `
 * where the step knows that it works for another platform than it runs on.
 */
export function platformLabel(
  platform: Platform,
  lookUp: (name: string) => string | undefined,
): string {
  const target = targetOf(platform, lookUp);
  return `${formatPlatform(platform)}${target === undefined ? '' : `->${target}`} `;
}

function targetOf(own: Platform, lookUp: (name: string) => string | undefined): string | undefined {
  const text = lookUp('TARGETPLATFORM') ?? lookUp('TARGETARCH');
  if (text === undefined || text === '') return undefined;
  let target: Platform;
  try {
    target = parsePlatform(text, own);
  } catch {
    // Somebody's own value of that name.
    return undefined;
  }
  const [made, wanted] = [formatPlatform(own), formatPlatform(target)];
  if (made === wanted) return undefined;
  return target.os === own.os ? wanted.slice(wanted.indexOf('/') + 1) : wanted;
}

import { evaluateBodies, type Evaluated } from './definition.ts';
import { parseBakeFile, type BakeFile } from './files.ts';
import type { Definition } from './target.ts';
import type { World } from './model.ts';

/** What reading a definition needs. */
export interface BakeInput extends World {
  /** In the order in which they are merged. */
  readonly files: readonly BakeFile[];
  /** The text of `.env`, for compose files. */
  readonly dotenv: string | undefined;
}

/**
 * Reads files in HCL, JSON and compose's YAML into one definition: compose files first, whatever
 * their place, then all others together. Throws BakeFileError.
 */
export async function readDefinition(input: BakeInput): Promise<Evaluated> {
  const compose = input.files.filter(isCompose);
  let under: Definition = { groups: [], targets: [] };
  if (compose.length > 0) {
    const { readCompose } = await import('./compose.ts');
    under = await readCompose(compose, input);
  }
  const bodies = input.files.filter((file) => !isCompose(file)).map(parseBakeFile);
  return evaluateBodies(bodies, input, under);
}

/** By its name; without a telling one, by a line at its left edge that only compose files have. */
function isCompose({ name, text }: BakeFile): boolean {
  if (/\.ya?ml$/i.test(name)) return true;
  return !/\.(?:json|hcl)$/i.test(name) && /^services:\s*(?:#.*)?$/m.test(text);
}

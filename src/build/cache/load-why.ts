import type { StepReason } from '../../base/progress.ts';
import { excerpt } from '../../dockerfile/excerpt.ts';
import type { Store } from '../../store/store.ts';
import { BuildError } from '../errors.ts';
import type { Vertex } from '../graph.ts';
import type { DockerfileInput } from '../inputs.ts';
import type { ImportedRecords } from '../solver-parts.ts';
import type { Why } from './why.ts';

/** Loads what says why steps run, when the first one has to. */
export function whyLoader(
  { noCache }: { readonly noCache?: boolean },
  store: Store,
  targets: readonly (Vertex | undefined)[],
  imported?: ImportedRecords,
): () => Promise<Why> {
  let why: Promise<Why> | undefined;
  const load = async (): Promise<Why> => {
    const module = await import('./why.ts');
    return new module.Why({
      store,
      targets,
      imported: (await imported?.all()) ?? [],
      asked: (stage) => (noCache === true ? '--no-cache' : `--no-cache-filter ${stage}`),
    });
  };
  return () => (why ??= load());
}

/** Of `--assert-cached`: the step that would have to run, its line, and why. */
export function notCached(
  vertex: Vertex,
  reason: StepReason,
  { name, text }: DockerfileInput,
): BuildError {
  const at = vertex.span ? ` (${name}:${vertex.span.start.line})` : '';
  return new BuildError(`not cached: ${vertex.name}${at}: ${reason.text}`, {
    hint: 'Build without --assert-cached to make it.',
    ...(vertex.span && { detail: excerpt(text.toString(), vertex.span, name) }),
  });
}

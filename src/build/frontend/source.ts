import type { Stage } from '../../dockerfile/ast.ts';
import type { DockerfileError } from '../../dockerfile/errors.ts';
import type { FoundContext } from './named-context.ts';
import type { StageIndex } from './stage-index.ts';

/** What a `--from` names: a stage, an image, a directory under a name, or an empty root. */
export type NamedSource =
  | { readonly stage: Stage }
  | { readonly image: string }
  | { readonly context: string }
  | { readonly vertex: undefined };

/** What `--from` can name. */
export interface SourceFacts {
  readonly stages: readonly Stage[];
  readonly index: StageIndex;
  readonly context: (name: string) => FoundContext | undefined;
  /** Target of the mount that asks; absent for COPY. */
  readonly mounted: string | undefined;
  readonly error: (message: string) => DockerfileError;
}

/** A stage's own name, or its number. */
export function nameOf(stage: Stage): string {
  return stage.from.as ?? String(stage.index);
}

/**
 * What `--from` means: a named context, a stage by index or name, else an image. A mount knows no
 * indexes. Throws DockerfileError for stages that are not there yet.
 */
export function namedSource(from: string, stage: Stage, facts: SourceFacts): NamedSource {
  const { stages, index, context, mounted, error } = facts;
  if (from.includes('$')) {
    throw error(
      'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround',
    );
  }
  const named = context(from);
  if (named && named.context.kind !== 'image') return { context: named.name };
  if (!named && mounted === undefined && /^[-+]?\d+$/.test(from)) {
    const found = stages[Number(from)];
    if (!found) throw error(`invalid stage index ${from}`);
    return { stage: checkedEarlier(found, stage, facts) };
  }
  const name = from.toLowerCase();
  const found = index.above(name, stage) ?? index.first(name);
  if (found && !named) return { stage: checkedEarlier(found, stage, facts) };
  if (from === 'scratch') return { vertex: undefined };
  return { image: named?.context.kind === 'image' ? named.context.reference : from };
}

function checkedEarlier(found: Stage, stage: Stage, { mounted, error }: SourceFacts): Stage {
  if (found.index === stage.index) {
    throw error(`circular dependency detected on stage: ${nameOf(stage)}`);
  }
  if (found.index < stage.index) return found;
  throw error(
    mounted !== undefined
      ? `cannot mount from stage ${JSON.stringify(nameOf(found))} to ${JSON.stringify(mounted)}, stage needs to be defined before current command`
      : `cannot copy from stage "${nameOf(found)}", it needs to be defined before current stage "${nameOf(stage)}"`,
  );
}

import type { CallOptions } from '../base/progress.ts';
import type { ContextListing, ExplainedPath } from '../build/context-report.ts';
import type { BuildRequest } from './build-types.ts';

export type { ContextEntry, ContextListing, ExplainedPath } from '../build/context-report.ts';

/** Build contexts: what is in them, and why. Nothing is built. */
export interface Contexts {
  /** With `ignored` also what rules keep out. Throws InvalidInputError. */
  list(
    request: BuildRequest,
    options?: CallOptions & { readonly ignored?: boolean },
  ): Promise<ContextListing>;
  /** Of paths, absolute or from the context's root. Throws InvalidInputError. */
  explain(request: BuildRequest, paths: readonly string[]): Promise<ExplainedPath[]>;
}

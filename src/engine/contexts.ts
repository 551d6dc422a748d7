import type { Store } from '../store/store.ts';
import type { Contexts } from './context-types.ts';

/** The use cases that look at build contexts. Loaded when one is asked for. */
export function contextsOf(store: Store): Contexts {
  const load = async () => {
    const { inputOf } = await import('./dockerfile-calls.ts');
    const { findBase } = await import('./find-base.ts');
    const report = await import('../build/context-report.ts');
    return { inputOf, report, find: (name: string) => findBase(store, name) };
  };
  return {
    async list(request, options = {}) {
      const { inputOf, report, find } = await load();
      const input = inputOf(request, directoryOf(request));
      return report.listContext(input, find, options, options);
    },
    async explain(request, paths) {
      const { inputOf, report, find } = await load();
      return report.explainPaths(inputOf(request, directoryOf(request)), find, paths);
    },
  };
}

/** What is not a directory is refused when it is looked at. */
function directoryOf({ context }: Parameters<Contexts['list']>[0]): string | undefined {
  return typeof context === 'string' ? context : undefined;
}

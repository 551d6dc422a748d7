import type { CallOptions } from '../base/progress.ts';
import type { MainContext } from '../build/inputs.ts';
import { openMainContext } from '../build/sources/main-context.ts';
import { parseGitUrl } from '../build/sources/git-url.ts';
import { remoteParts, RemoteSources } from '../build/sources/remote-sources.ts';
import type { Store } from '../store/store.ts';
import { proxiesFor } from './build-input.ts';
import { runSettings } from './build-run.ts';
import type { BuildRequest } from './build-types.ts';

/** A request's context, here; what was fetched goes when the scope ends. */
export interface OpenedContext extends Disposable {
  readonly context: MainContext;
}

/** Brings the context of a request to this machine. Throws StaveErrors; leaves nothing then. */
export async function openContext(
  request: BuildRequest,
  store: Store,
  call: CallOptions,
): Promise<OpenedContext> {
  const { context } = request;
  if (typeof context !== 'object') return { context, [Symbol.dispose]: () => {} };
  const lease = store.lease('build context');
  try {
    const input = { proxy: proxiesFor(request), run: runSettings(request) };
    await using remotes = new RemoteSources(remoteParts(input, store, () => lease));
    const scratch = `${lease.directory}/context`;
    const git = 'url' in context ? parseGitUrl(context.url) : undefined;
    const keepGitDir = /^(?:1|t|true)$/i.test(
      request.args?.['BUILDKIT_CONTEXT_KEEP_GIT_DIR'] ?? '',
    );
    const wanted = git && keepGitDir ? { git: { ...git, keepGitDir } } : context;
    const opened = await openMainContext(wanted, { store, remotes, scratch }, call);
    return { context: opened, [Symbol.dispose]: () => lease[Symbol.dispose]() };
  } catch (error) {
    lease[Symbol.dispose]();
    throw error;
  }
}

/** Runs `body` with the context of a request, which is gone when it ends. Throws what `body` throws. */
export async function withContext<T>(
  request: BuildRequest,
  store: Store,
  body: (context: MainContext) => T | Promise<T>,
): Promise<T> {
  using opened = await openContext(request, store, {});
  return await body(opened.context);
}

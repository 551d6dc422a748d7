import { limiter, together } from '../../base/limit.ts';
import type { ProgressSink } from '../../base/progress.ts';
import { linkOf, type Resolved, type ResolvedTarget } from '../../bake/resolve.ts';
import type { BuildRequest, BuildResult } from '../../engine/build-types.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Host } from '../command.ts';
import { namedSink } from './progress.ts';
import { targetRequest } from './request.ts';

/** What a target became, and of what. */
export interface Built {
  readonly request: BuildRequest;
  readonly result: BuildResult;
}

/** Builds that run at the same time; each of them runs steps side by side. */
const AT_ONCE = 8;

/**
 * Builds the named targets side by side, each after those whose results it uses. The first failure stops
 * all others and is thrown.
 */
export async function buildTargets(
  { targets }: Resolved,
  names: readonly string[],
  engine: Pick<Engine, 'build'>,
  host: Host,
  progress: ProgressSink,
): Promise<ReadonlyMap<string, Built>> {
  const stop = new AbortController();
  const signal = AbortSignal.any([host.signal, stop.signal]);
  const slots = limiter(AT_ONCE);
  const images = new Map<string, Promise<string>>();
  const builds = new Map<string, Promise<Built>>();

  const build = async (target: ResolvedTarget): Promise<Built> => {
    const links = await linksOf(target);
    const request = await targetRequest(target, host, links);
    return await slots(async () => {
      signal.throwIfAborted();
      return {
        request,
        result: await engine.build(request, { signal, progress: namedSink(progress, target.name) }),
      };
    });
  };
  const once = (target: ResolvedTarget): Promise<Built> => {
    const started = builds.get(target.name) ?? build(target);
    builds.set(target.name, started);
    return started;
  };
  /** The image of a target in the store, whatever else it writes. */
  const imageOf = async (target: ResolvedTarget): Promise<string> => {
    const { request, result } = await once(target);
    if (target.linked || !request.outputs) return result.id;
    return (await build({ ...target, linked: true })).result.id;
  };
  const linksOf = async ({ fields }: ResolvedTarget): Promise<ReadonlyMap<string, string>> => {
    const names = [...(fields.contexts?.values() ?? [])].flatMap(
      (context) => linkOf(context) ?? [],
    );
    const found = new Map<string, string>();
    for (const name of new Set(names)) {
      const target = targets.get(name);
      if (target === undefined) continue;
      const image = images.get(name) ?? imageOf(target);
      images.set(name, image);
      found.set(name, await image);
    }
    return found;
  };

  const wanted = [...targets.values()].filter(({ name }) => names.includes(name));
  const built = await together(wanted.map(once), stop);
  return new Map(
    wanted.flatMap(({ name }, index) => {
      const one = built[index];
      return one === undefined ? [] : [[name, one] as const];
    }),
  );
}

import {
  checkDockerfile,
  type CheckInput,
  type FindBase,
  listTargets,
  outlineDockerfile,
} from '../build/check.ts';
import { BaseNotFoundError } from '../build/errors.ts';
import type { MainContext } from '../build/inputs.ts';
import { hostPlatform } from '../oci/platform.ts';
import type { BuildRequest } from './build-types.ts';
import { namedContexts } from './build-input.ts';
import type { CheckReport, Outline, TargetList } from './dockerfile-types.ts';

/** Everything that a report on a Dockerfile is made with. */
export { excerpt } from '../dockerfile/excerpt.ts';
export { allRules } from '../dockerfile/lint/rule.ts';

/** Finds no base image: for engines without a store. */
export function noBase(name: string): never {
  throw new BaseNotFoundError(name);
}

/** See `Engine.check`. */
export function check(
  request: BuildRequest,
  find: FindBase,
  context = localContext(request),
): CheckReport {
  return checkDockerfile(inputOf(request, context), find);
}

/** See `Engine.outline`. */
export function outline(
  request: BuildRequest,
  find: FindBase,
  context = localContext(request),
): Outline {
  return outlineDockerfile(inputOf(request, context), find);
}

/** See `Engine.targets`. */
export function targets(request: BuildRequest, context = localContext(request)): TargetList {
  return listTargets(inputOf(request, context));
}

/** The context of a request that needs no fetching; engines fetch the others first. */
function localContext({ context }: BuildRequest): MainContext {
  if (typeof context !== 'object') return context;
  throw new TypeError('this context has to be fetched');
}

/** What a request asks of a Dockerfile that is only looked at. */
export function inputOf(
  { dockerfile, args, contexts, target, platform }: BuildRequest,
  context: MainContext,
): CheckInput {
  const own = hostPlatform(process.arch);
  return {
    context,
    dockerfile,
    args: new Map(Object.entries(args ?? {})),
    contexts: namedContexts(contexts),
    target,
    platform: platform ?? own,
    buildPlatform: own,
  };
}

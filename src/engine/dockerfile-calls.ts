import {
  checkDockerfile,
  type CheckInput,
  type FindBase,
  listTargets,
  outlineDockerfile,
} from '../build/check.ts';
import { BaseNotFoundError } from '../build/errors.ts';
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
export function check(request: BuildRequest, find: FindBase): CheckReport {
  return checkDockerfile(inputOf(request), find);
}

/** See `Engine.outline`. */
export function outline(request: BuildRequest, find: FindBase): Outline {
  return outlineDockerfile(inputOf(request), find);
}

/** See `Engine.targets`. */
export function targets(request: BuildRequest): TargetList {
  return listTargets(inputOf(request));
}

function inputOf({
  context,
  dockerfile,
  args,
  contexts,
  target,
  platform,
}: BuildRequest): CheckInput {
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

import { type Reporter, reporter } from '../base/reporter.ts';
import type { ImageConfig } from '../oci/image-config.ts';
import type { Platform } from '../oci/platform.ts';
import type { Store } from '../store/store.ts';
import type { BuildInput } from './build-input.ts';
import type { Dated } from './date/source-date.ts';
import type { ResolveBase } from './frontend/bases.ts';
import { NOTHING_MORE } from './frontend/entitlements.ts';
import type { Plan } from './frontend/frontend-types.ts';
import type { Vertex } from './graph.ts';
import { imageConfig } from './image.ts';
import type { DockerfileInput } from './inputs.ts';
import { planBuild } from './plan.ts';
import type { Solver } from './solve.ts';
import type { Solved } from './solver-parts.ts';

/** True where the result is an index, and steps are told apart by platform. */
export function isSeveral({
  platforms = [],
  args,
}: Pick<BuildInput, 'platforms' | 'args'>): boolean {
  const asked = args.get('BUILDKIT_MULTI_PLATFORM');
  return platforms.length > 1 || (asked !== undefined && /^(?:1|t|true)$/i.test(asked));
}

/** The plan for each platform. Steps that are equal in several are the same vertices. */
export async function plansOf(
  input: Omit<BuildInput, 'sourceDateEpoch'>,
  dockerfile: DockerfileInput,
  resolve: ResolveBase,
  report: Reporter,
): Promise<{ platform: Platform; plan: Plan }[]> {
  const share = isSeveral(input) ? (await import('./frontend/platforms.ts')).sharing() : undefined;
  const plans: { platform: Platform; plan: Plan }[] = [];
  for (const platform of input.platforms ?? [input.platform]) {
    // What is wrong with the file is said once.
    const told = plans.length === 0 ? report : reporter(undefined);
    const options = { ...input, platform, share, allow: input.run?.allow ?? NOTHING_MORE };
    const plan = await planBuild(dockerfile, options, resolve, told);
    plans.push({ platform, plan });
  }
  return plans;
}

/** The config of a solved stage, with the times at which its layers were made. */
export async function configOf(
  plan: Plan,
  result: Solved,
  input: Dated<BuildInput>,
  solver: Solver,
  store: Store,
): Promise<ImageConfig> {
  const times = new Map<Vertex, number>();
  for (const { vertex } of plan.stage.history) {
    if (vertex) times.set(vertex, (await solver.madeAt(vertex)) ?? result.createdAt);
  }
  return imageConfig(plan.stage, result, {
    labels: input.labels,
    clamp: input.sourceDateEpoch === undefined ? undefined : input.sourceDateEpoch * 1000,
    now: store.clock.now().getTime(),
    madeAt: (vertex) => times.get(vertex) ?? result.createdAt,
  });
}

import type { Dockerfile, Span } from '../dockerfile/ast.ts';
import { DockerfileError } from '../dockerfile/errors.ts';
import type { LintWarning } from '../dockerfile/lint/rule.ts';
import type { BuildInput } from './build-input.ts';
import { BaseNotFoundError } from './errors.ts';
import { explained } from './explained.ts';
import { evaluate, evaluateAll } from './frontend/frontend.ts';
import type { BaseImage, FrontendOptions } from './frontend/frontend-types.ts';
import { lintWatcher } from './frontend/lint.ts';
import { outlineWatcher, type OutlineParts } from './frontend/outline.ts';
import { checkContext, readDockerfile, type DockerfileInput } from './inputs.ts';
import { ignoreRules, readFile } from './plan.ts';

/** What of a build's input matters without building. */
export type CheckInput = Pick<
  BuildInput,
  'context' | 'dockerfile' | 'args' | 'contexts' | 'target' | 'platform' | 'buildPlatform'
>;

/** Finds a base image without leaving this machine. Throws BaseNotFoundError. */
export type FindBase = (name: string) => BaseImage;

/** The Dockerfile that was looked at. */
export interface LookedAt {
  /** For messages. */
  readonly name: string;
  /** Where it was read from; absent for standard input. */
  readonly path?: string;
  /** Without a byte order mark. */
  readonly text: string;
}

/** What the checks found. */
export interface Checked {
  readonly source: LookedAt;
  /** In the order of lines. */
  readonly warnings: readonly LintWarning[];
  /** Why it cannot be built. */
  readonly error?: { readonly message: string; readonly hint?: string; readonly span?: Span };
  /** Findings fail a build of it. */
  readonly strict: boolean;
  /** Base images that are not here: their variables are taken as set. */
  readonly unknownBases: readonly string[];
}

/**
 * Checks a Dockerfile without building: all stages, or what a target needs. Base images need not
 * be there. Throws BuildError when there is no Dockerfile.
 */
export function checkDockerfile(input: CheckInput, find: FindBase): Checked {
  const dockerfile = read(input);
  const unknown = new Set<string>();
  let file: Dockerfile;
  try {
    file = readFile(dockerfile, input.args);
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    const { warnings } = error;
    const source = lookedAt(dockerfile);
    return { source, warnings, error: failure(error), strict: false, unknownBases: [] };
  }
  const lint = lintWatcher(file, ignoreRules(dockerfile, input.context));
  const options = frontendOptions(input, dockerfile, find, unknown);
  const all = (input.target ?? '') === '';
  const error = all
    ? evaluateAll(file, { ...options, watch: lint })
    : caught(() => evaluate(file, { ...options, watch: lint }));
  return {
    source: lookedAt(dockerfile),
    warnings: lint.findings(all ? 'all' : 'evaluated'),
    ...(error && { error: failure(error) }),
    strict: file.checks.error,
    unknownBases: [...unknown],
  };
}

/** What a target can be given, and what it needs. */
export interface Outlined extends OutlineParts {
  readonly source: LookedAt;
  /** Name of the target; empty for a stage without one. */
  readonly name: string;
  readonly description?: string;
}

/** Reads what the target of a Dockerfile can be given. Throws BuildError. */
export function outlineDockerfile(input: CheckInput, find: FindBase): Outlined {
  const dockerfile = read(input);
  try {
    const file = readFile(dockerfile, input.args);
    const outline = outlineWatcher(file, input.args);
    const options = frontendOptions(input, dockerfile, find, new Set());
    const plan = evaluate(file, { ...options, watch: outline });
    const { as = '', description } = plan.target.from;
    return {
      source: lookedAt(dockerfile),
      name: as,
      ...(description !== undefined && { description }),
      ...outline.parts(plan.target),
    };
  } catch (error) {
    throw explained(error, dockerfile);
  }
}

/** One stage that can be built. */
export interface Target {
  /** Empty for a stage without one. */
  readonly name: string;
  readonly description?: string;
  /** As written. */
  readonly base: string;
  /** As written. */
  readonly platform?: string;
  /** It is built when no target is named. */
  readonly default: boolean;
  readonly span: Span;
}

/** The stages of a Dockerfile. */
export interface Targets {
  readonly source: LookedAt;
  readonly targets: readonly Target[];
}

/** Lists the stages of a Dockerfile; nothing is evaluated. Throws BuildError. */
export function listTargets(input: CheckInput): Targets {
  const dockerfile = read(input);
  try {
    const file = readFile(dockerfile, input.args);
    return {
      source: lookedAt(dockerfile),
      targets: file.stages.map(({ from, index }) => ({
        name: from.as ?? '',
        ...(from.description !== undefined && { description: from.description }),
        base: from.image.raw,
        ...(from.platform && { platform: from.platform.raw }),
        default: index === file.stages.length - 1,
        span: from.span,
      })),
    };
  } catch (error) {
    throw explained(error, dockerfile);
  }
}

function read(input: CheckInput): DockerfileInput {
  checkContext(input.context);
  return readDockerfile(input.context, input.dockerfile);
}

function lookedAt({ name, path, text }: DockerfileInput): LookedAt {
  const whole = text.toString();
  return {
    name,
    text: whole.startsWith('\ufeff') ? whole.slice(1) : whole,
    ...(path !== undefined && { path }),
  };
}

/** Options that evaluate a Dockerfile without building; base images that are not here are guessed. */
export function frontendOptions(
  input: CheckInput,
  { origin }: DockerfileInput,
  find: FindBase,
  unknown: Set<string>,
): FrontendOptions {
  return {
    ...input,
    origin,
    network: 'default',
    extraHosts: [],
    shmSize: undefined,
    uncached: () => false,
    resolve(name, platform) {
      try {
        return find(name);
      } catch (error) {
        if (!(error instanceof BaseNotFoundError)) throw error;
        unknown.add(name);
        const { os, architecture } = platform;
        const config = { os, architecture, rootfs: { type: 'layers' as const, diff_ids: [] } };
        return { name, manifest: '', layers: [], config, platform, guessed: true };
      }
    },
  };
}

function caught(body: () => unknown): DockerfileError | undefined {
  try {
    body();
    return undefined;
  } catch (error) {
    if (error instanceof DockerfileError) return error;
    throw error;
  }
}

function failure({ message, hint, span }: DockerfileError): NonNullable<Checked['error']> {
  return { message, ...(hint !== undefined && { hint }), ...(span && { span }) };
}

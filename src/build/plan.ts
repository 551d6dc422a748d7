import type { Reporter } from '../base/reporter.ts';
import { closest } from '../base/suggest.ts';
import type { Dockerfile } from '../dockerfile/ast.ts';
import { DockerfileError } from '../dockerfile/errors.ts';
import { violation } from '../dockerfile/lint/checks.ts';
import type { LintWarning } from '../dockerfile/lint/rule.ts';
import { parseDockerfile } from '../dockerfile/parse.ts';
import { plan as planOf, type ResolveBase } from './frontend/bases.ts';
import type { FrontendOptions, Plan } from './frontend/frontend-types.ts';
import { lintWatcher } from './frontend/lint.ts';
import { isPredefined } from './frontend/scope.ts';
import { readIgnore, type DockerfileInput, type MainContext } from './inputs.ts';

/** What a Dockerfile is planned with. */
export type PlanOptions = Omit<FrontendOptions, 'watch' | 'origin' | 'resolve'> & {
  readonly context: MainContext;
};

/**
 * Reads a Dockerfile and evaluates what the target needs; findings of the checks are warnings.
 * Throws DockerfileError, for findings too where the file asks for that.
 */
export async function planBuild(
  dockerfile: DockerfileInput,
  options: PlanOptions,
  resolve: ResolveBase,
  report: Reporter,
): Promise<Plan> {
  const warn = (found: readonly LintWarning[]): void => {
    for (const { ruleName, detail, span } of found) {
      const place = `${dockerfile.name}:${span.start.line}`;
      report.warn({ code: ruleName, message: detail, place });
    }
  };
  let file: Dockerfile;
  try {
    file = readFile(dockerfile, options.args);
  } catch (error) {
    if (error instanceof DockerfileError) warn(error.warnings);
    throw error;
  }
  const lint = lintWatcher(file, ignoreRules(dockerfile, options.context));
  let plan: Plan;
  try {
    plan = await planOf(file, { ...options, origin: dockerfile.origin, watch: lint }, resolve);
  } finally {
    warn(lint.findings('evaluated'));
  }
  const findings = lint.findings('evaluated');
  if (file.checks.error && findings.length > 0) {
    throw new DockerfileError(violation(findings), { file: dockerfile.name });
  }
  warnUnused(plan, file, report);
  return plan;
}

/** Parses a Dockerfile as the build arguments for the builder say. Throws DockerfileError. */
export function readFile(
  { text, name }: DockerfileInput,
  args: ReadonlyMap<string, string>,
): Dockerfile {
  const check = args.get('BUILDKIT_DOCKERFILE_CHECK');
  const syntax = args.get('BUILDKIT_SYNTAX');
  return parseDockerfile(text, name, {
    ...(check !== undefined && { check }),
    ...(syntax !== undefined && { syntax }),
  });
}

/** The ignore rules of the main context, read when they are asked for. */
export function ignoreRules(
  { path }: DockerfileInput,
  context: MainContext,
): Parameters<typeof lintWatcher>[1] {
  let read: { matcher: ReturnType<Parameters<typeof lintWatcher>[1]> } | undefined;
  return () => {
    // What was fetched is all context.
    const local = typeof context === 'string' ? context : undefined;
    read ??= { matcher: local === undefined ? undefined : readIgnore(local, path)?.matcher };
    return read.matcher;
  };
}

function warnUnused({ unusedArgs }: Plan, file: Dockerfile, report: Reporter): void {
  const unused = unusedArgs.filter((name) => !isPredefined(name));
  if (unused.length === 0) return;
  const declared = [...file.globals, ...file.stages.flatMap(({ body }) => body)].flatMap((one) =>
    one.kind === 'ARG' ? one.args.map(({ name }) => name) : [],
  );
  const shown = unused.map((name) => {
    const near = closest(name, declared);
    return near === undefined ? name : `${name} (did you mean ${near}?)`;
  });
  report.warn({
    code: 'UnusedBuildArg',
    message: `build arguments that no ARG declares: ${shown.join(', ')}`,
  });
}

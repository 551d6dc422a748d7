import type { CallOptions } from '../../base/progress.ts';
import { reporter } from '../../base/reporter.ts';
import type { Dockerfile, Span, Stage } from '../../dockerfile/ast.ts';
import { DockerfileError } from '../../dockerfile/errors.ts';
import { violation } from '../../dockerfile/lint/checks.ts';
import { allowed } from '../../dockerfile/lint/lint.ts';
import { finding, type LintWarning } from '../../dockerfile/lint/rule.ts';
import type { ImageConfig } from '../../oci/image-config.ts';
import type { DiffId } from '../../oci/digest.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Plan } from '../frontend/frontend-types.ts';
import type { Vertex } from '../graph.ts';
import type { DockerfileInput } from '../inputs.ts';
import { readFile } from '../plan.ts';
import { imageFindings } from './findings.ts';
import type { ResultFinding } from './programs.ts';
import { ownSteps } from '../vertices.ts';

/** An image that a build made and that nobody has yet. */
export interface NewImage {
  readonly plan: Plan;
  readonly config: ImageConfig;
  /** Bottom first; all of them are here. */
  readonly layers: readonly DiffId[];
}

/**
 * Tells what is wrong with the images that a build made, as warnings that point at lines. What
 * `check` comments leave out is left out here, too. Throws DockerfileError where findings are
 * errors.
 */
export function lintResults(
  images: readonly NewImage[],
  dockerfile: DockerfileInput,
  args: ReadonlyMap<string, string>,
  snapshotter: Snapshotter,
  call: CallOptions,
): void {
  const file = readFile(dockerfile, args);
  const told = new Map<string, LintWarning>();
  for (const { plan, config, layers } of images) {
    const chain = chainOf(plan.target, file);
    const vertices = ownSteps(plan.stage.vertex);
    const inherited = layers.length - vertices.length;
    const how = { inherited, several: plan.stages.size > 1 };
    const all = imageFindings(config.config ?? {}, layers, how, snapshotter);
    for (const one of [...all, ...baseFindings(chain, file)]) {
      if (!isOwn(one, chain)) continue;
      const at = { span: spanOf(one, chain, vertices, inherited) };
      const warning = finding(one.rule, one.detail, at);
      told.set(`${one.rule}\0${one.detail}`, warning);
    }
  }
  const found = allowed([...told.values()], file);
  for (const { ruleName, detail, span } of found) {
    const place = `${dockerfile.name}:${span.start.line}`;
    reporter(call.progress).warn({ code: ruleName, message: detail, place });
  }
  if (file.checks.error && found.length > 0) {
    throw new DockerfileError(violation(found), { file: dockerfile.name });
  }
}

/** UnpinnedBaseImage. */
function baseFindings(chain: readonly Stage[], file: Dockerfile): ResultFinding[] {
  const raw = chain.at(-1)?.from.image.raw ?? '';
  const isStage = file.stages.some(({ from }) => from.as === raw.toLowerCase());
  const [, tag] = /^[^@]*?(?::([^:/@]+))?$/.exec(raw) ?? [];
  if (isStage || raw === 'scratch' || raw.includes('$') || raw.includes('@')) return [];
  if (tag !== undefined && tag !== 'latest') return [];
  const detail = `${raw} is another image tomorrow: name a version, or ${raw.split(':', 1)[0]}@sha256:…`;
  return [{ rule: 'UnpinnedBaseImage', about: 'FROM', detail }];
}

/** Who runs as root is said of images that say what they run, not of those to build upon. */
function isOwn({ rule }: ResultFinding, chain: readonly Stage[]): boolean {
  return rule !== 'RootUser' || lastOf(chain, ['CMD', 'ENTRYPOINT']) !== undefined;
}

/** The target and the stages that it stands on, the target first. */
function chainOf(target: Stage, file: Dockerfile): Stage[] {
  const chain = [target];
  for (let at: Stage | undefined = target; at;) {
    const name: string = at.from.image.raw.toLowerCase();
    const below: number = at.index;
    at = file.stages.findLast(({ from, index }) => index < below && from.as === name);
    if (at) chain.push(at);
  }
  return chain;
}

function lastOf(chain: readonly Stage[], kinds: readonly string[]): Span | undefined {
  for (const { body } of chain) {
    const last = body.findLast(({ kind }) => kinds.includes(kind));
    if (last) return last.span;
  }
  return undefined;
}

function spanOf(
  { about, layer }: ResultFinding,
  chain: readonly Stage[],
  vertices: readonly Vertex[],
  inherited: number,
): Span {
  const from = chain[0]!.from.span;
  if (about === 'layer') return vertices[(layer ?? 0) - inherited]?.span ?? from;
  if (about === 'FROM') return chain.at(-1)!.from.span;
  const kinds = about === 'USER' ? ['USER', 'CMD', 'ENTRYPOINT'] : [about, 'CMD', 'ENTRYPOINT'];
  for (const kind of kinds) {
    const span = lastOf(chain, [kind]);
    if (span) return span;
  }
  return from;
}

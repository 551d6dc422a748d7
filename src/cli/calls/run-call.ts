import { relative } from 'node:path';
import { Exit } from '../../base/errors.ts';
import { excerpt } from '../../engine/dockerfile-calls.ts';
import type { Engine } from '../../engine/engine.ts';
import type { BuildRequest } from '../../engine/build-types.ts';
import type { CheckReport, LookedAt } from '../../engine/dockerfile-types.ts';
import { DockerfileCheckError } from '../errors.ts';
import type { Host } from '../command.ts';
import type { Call } from './call.ts';
import { checkJson, outlineJson, targetsJson } from './json.ts';
import { checkSarif } from './sarif.ts';
import { checkText, outlineText, targetsText } from './text.ts';

type Door = Pick<Host, 'stdout' | 'stderr' | 'cwd' | 'version'>;

/** Answers `--call`: the result goes to stdout. Returns the exit code. */
export async function runCall(
  call: Call,
  request: BuildRequest,
  engine: Pick<Engine, 'check' | 'outline' | 'targets'>,
  door: Door,
): Promise<number> {
  const json = call.format === 'json';
  switch (call.method) {
    case 'targets': {
      const list = await engine.targets(request);
      door.stdout.write(json ? printed(targetsJson(list)) : targetsText(list));
      return Exit.ok;
    }
    case 'outline': {
      const outline = await engine.outline(request);
      door.stdout.write(json ? printed(outlineJson(outline)) : outlineText(outline));
      return Exit.ok;
    }
    default:
      return report(call, await engine.check(request), door);
  }
}

function report(call: Call, found: CheckReport, door: Door): number {
  const { stdout, stderr, cwd, version } = door;
  const file = nameOf(found.source, cwd);
  const { error, warnings, unknownBases } = found;
  if (call.format === 'json') stdout.write(printed(checkJson(found, file)));
  else if (call.format === 'sarif') stdout.write(printed(checkSarif(found, file, version())));
  else stdout.write(checkText(found, file));
  if (unknownBases.length > 0) {
    stderr.line(
      `Notice: not in the store, so their variables are taken as set: ${unknownBases.join(', ')}`,
    );
  }
  if (error && call.format === 'text') {
    const { message, hint, span } = error;
    const detail = span && excerpt(found.source.text, span, file);
    throw new DockerfileCheckError(message, { hint, detail });
  }
  if (found.strict && warnings.length > 0 && call.format === 'text' && !call.ignoreStatus) {
    const rules = new Set(warnings.map(({ ruleName }) => ruleName));
    throw new DockerfileCheckError(`lint violation found for rules: ${[...rules].join(', ')}`, {});
  }
  return (error || warnings.length > 0) && !call.ignoreStatus ? Exit.failure : Exit.ok;
}

/** A Dockerfile as somebody who stands in `cwd` would call it. */
function nameOf({ path, name }: LookedAt, cwd: string): string {
  if (path === undefined) return name;
  const short = relative(cwd, path);
  return short === '' || short.startsWith('../') ? path : short;
}

function printed(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

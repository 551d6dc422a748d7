import { printable, goJson } from '../../bake/print.ts';
import type { Resolved, ResolvedTarget } from '../../bake/resolve.ts';
import { Exit } from '../../base/errors.ts';
import type { Engine } from '../../engine/engine.ts';
import { parseCall, type Call } from '../calls/call.ts';
import { runCall } from '../calls/run-call.ts';
import type { Host } from '../command.ts';
import type { Output } from '../output.ts';
import { targetRequest } from './request.ts';

/** Whether a target is asked for something else than to be built. */
export function isCalled({ fields }: ResolvedTarget): boolean {
  return fields.call !== undefined && fields.call !== '' && fields.call !== 'build';
}

/** Answers `call` for each of the targets that ask for it. Returns the exit code. */
export async function callTargets(
  resolved: Resolved,
  typed: Call,
  engine: Engine,
  host: Host,
): Promise<number> {
  let code: number = Exit.ok;
  const answers = new Map<string, unknown>();
  let isFirst = true;
  for (const [name, target] of resolved.targets) {
    const call = {
      ...parseCall(target.fields.call, false),
      format: typed.format,
      ignoreStatus: typed.ignoreStatus,
    };
    const request = await targetRequest({ ...target, linked: true }, host, new Map());
    const { text, output } = recorder(host.stdout);
    const isJson = typed.format === 'json';
    if (!isJson) {
      host.stdout.write(
        `${isFirst ? '' : '\n'}${name}\n${target.fields.description ? `${target.fields.description}\n` : ''}\n`,
      );
    }
    isFirst = false;
    const found = await runCall(call, request, engine, {
      ...host,
      stdout: isJson ? output : host.stdout,
    });
    if (code === Exit.ok) code = found;
    if (isJson)
      answers.set(name, {
        build: printable(target.fields),
        [call.method]: JSON.parse(text()) as unknown,
      });
  }
  if (answers.size > 0) {
    const group = new Map([...resolved.groups].map(([name, { targets }]) => [name, { targets }]));
    host.stdout.line(goJson({ ...(group.size > 0 && { group }), target: answers }));
  }
  return code;
}

/** An output that keeps what is written. */
function recorder(like: Output): { readonly text: () => string; readonly output: Output } {
  const parts: string[] = [];
  return {
    text: () => parts.join(''),
    output: {
      terminal: like.terminal,
      write: (text) => parts.push(text),
      line: (text) => parts.push(`${text}\n`),
      raw: (data) => parts.push(Buffer.from(data).toString()),
    },
  };
}

import { relative, resolve } from 'node:path';
import type { ExplainedPath } from '../../engine/context-types.ts';
import { command } from '../command.ts';
import { CONTEXT_FLAGS, contextRequest } from '../context-request.ts';
import { flag } from '../flags.ts';

/** `context explain`. */
export const contextExplain = command({
  usage: '[OPTIONS] PATH [PATH...]',
  operands: [1, Number.MAX_SAFE_INTEGER],
  flags: {
    ...CONTEXT_FLAGS,
    context: flag.text('string', 'The directory of the context (default: ".")', 'C'),
    format: flag.choice(['text', 'json'], 'Form of the output: text or json'),
  },
  examples: [
    ['Why is a file not copied', 'stave context explain src/secret.txt'],
    ['In a context that lies elsewhere', 'stave context explain -C ../app ../app/node_modules/x'],
  ],

  async run(context) {
    const { flags, operands, cwd, stdout } = context;
    const request = contextRequest(context, flags, flags.context ?? '.');
    const root = resolve(cwd, flags.context ?? '.');
    const { contexts } = await context.engine();
    const paths = operands.map((typed) => pathOf(root, cwd, typed));
    const found = await contexts.explain(request, paths);
    if (flags.format === 'json') stdout.line(JSON.stringify(found, undefined, 2));
    else for (const one of found) stdout.line(`${one.path}: ${sentence(one)}`);
  },
});

/** As a shell completes it, from here; else from the context's root. */
function pathOf(root: string, cwd: string, typed: string): string {
  const here = resolve(cwd, typed);
  const isInside = !relative(root, here).startsWith('..');
  return isInside || typed.startsWith('/') || typed.startsWith('..') ? here : resolve(root, typed);
}

function sentence({ state, rule, usedBy, dockerfile }: ExplainedPath): string {
  const by = rule && `${rule.file}:${rule.line} (${rule.pattern})`;
  const why = by ?? 'no rule matches';
  switch (state) {
    case 'outside':
      return 'not in the context: it is outside';
    case 'ignored':
      return `ignored: ${why} is the last rule that matches`;
    case 'missing':
      return `not there; it would be in the context: ${why}`;
    case 'included': {
      const lines = usedBy.map((line) => `${dockerfile ?? ''}:${line}`).join(', ');
      const taken =
        lines === '' ? `, taken by no line of ${dockerfile ?? ''}` : `, taken by ${lines}`;
      const how = rule ? `not ignored: ${why} lets it in` : `not ignored: ${why}`;
      return `${how}${dockerfile === undefined ? '' : taken}`;
    }
  }
}

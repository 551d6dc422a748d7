import { assignVariable, evaluatePipe } from './evaluate.ts';
import { fail, type Frame, type Run } from './frame.ts';
import type { TemplateNode } from './nodes.ts';
import { print, printAction } from './print.ts';
import { isMap, isSlice, isTagged, isTrue, sortedKeys, type Value } from './values.ts';

/** Ends or restarts the innermost `range`. */
type Jump = 'break' | 'continue' | undefined;

type Control = TemplateNode & { readonly kind: 'if' | 'with' | 'range' };

/** Templates may call themselves; this is deep enough for anything but an endless loop. */
const DEEPEST = 500;

/** Writes one of the templates of a set. Throws TemplateError. */
export function runTemplate(run: Run, name: string, dot: Value): void {
  const frame: Frame = { run, name, current: undefined, scope: [{ name: '$', value: dot }] };
  walkAll(frame, run.set.get(name) ?? [], dot);
}

function walkAll(frame: Frame, nodes: readonly TemplateNode[], dot: Value): Jump {
  const size = frame.scope.length;
  let jump: Jump;
  for (const node of nodes) {
    jump = walk(frame, node, dot);
    if (jump) break;
  }
  frame.scope.length = size;
  return jump;
}

function walk(frame: Frame, node: TemplateNode, dot: Value): Jump {
  frame.current = node;
  const { output } = frame.run;
  switch (node.kind) {
    case 'text':
      output.push(node.text);
      return undefined;
    case 'action': {
      const value = evaluatePipe(frame, node.pipe, dot);
      if (node.pipe.variables.length === 0) output.push(printAction(value));
      return undefined;
    }
    case 'if':
    case 'with':
      return choose(frame, node, dot);
    case 'range':
      return range(frame, node, dot);
    case 'template':
      invoke(frame, node, dot);
      return undefined;
    case 'break':
    case 'continue':
      return node.kind;
  }
}

function choose(frame: Frame, node: Control, dot: Value): Jump {
  const size = frame.scope.length;
  const value = evaluatePipe(frame, node.pipe, dot);
  const jump = isTrue(value)
    ? walkAll(frame, node.body, node.kind === 'with' ? value : dot)
    : walkAll(frame, node.otherwise, dot);
  frame.scope.length = size;
  return jump;
}

function range(frame: Frame, node: Control, dot: Value): Jump {
  const { scope } = frame;
  const size = scope.length;
  const [first, second] = node.pipe.variables;
  const value = evaluatePipe(frame, { ...node.pipe, variables: [] }, dot);
  const bind = (variable: string, to: Value): void => {
    if (node.pipe.assign) assignVariable(frame, variable, to);
    else scope.push({ name: variable, value: to });
  };
  let any = false;
  for (const [key, element] of elements(frame, value)) {
    any = true;
    if (second !== undefined && first !== undefined) {
      bind(first, key);
      bind(second, element);
    } else if (first !== undefined) bind(first, element);
    const jump = walkAll(frame, node.body, element);
    scope.length = size;
    if (jump === 'break') break;
  }
  return any ? undefined : walkAll(frame, node.otherwise, dot);
}

function* elements(frame: Frame, value: Value): Generator<readonly [Value, Value]> {
  if (isSlice(value)) yield* value.entries();
  else if (isMap(value)) for (const key of sortedKeys(value)) yield [key, value.get(key)];
  else if (typeof value === 'number') for (let i = 0; i < value; i++) yield [i, i];
  else if (isTagged(value) && value.kind === 'integer') {
    for (let i = 0n; i < value.value; i++)
      yield [
        { ...value, value: i },
        { ...value, value: i },
      ];
  } else if (value !== undefined && value !== null && !(isTagged(value) && value.kind === 'nil')) {
    fail(frame, `range can't iterate over ${print(value)}`);
  }
}

function invoke(
  frame: Frame,
  node: TemplateNode & { readonly kind: 'template' },
  dot: Value,
): void {
  const { run } = frame;
  const name = JSON.stringify(node.name);
  if (!run.set.has(node.name)) fail(frame, `template ${name} not defined`);
  const value = node.pipe === undefined ? null : evaluatePipe(frame, node.pipe, dot);
  frame.current = node;
  run.depth += 1;
  if (run.depth > DEEPEST) fail(frame, `exceeded maximum template depth (${DEEPEST})`);
  runTemplate(run, node.name, value);
  run.depth -= 1;
}

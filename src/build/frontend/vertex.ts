import { withoutCredentials } from '../../base/credentials.ts';
import type { StageInstruction } from '../../dockerfile/ast.ts';
import type { Op, Vertex } from '../graph.ts';
import type { StageSetting } from './instructions.ts';
import { platformLabel } from './platforms.ts';
import type { StageState } from './state.ts';

/** A vertex for an instruction of a stage, on top of what the stage is so far. */
export function vertexFor(
  state: StageState,
  instruction: StageInstruction,
  setting: StageSetting,
  parts: {
    readonly op: Op;
    readonly text: string;
    readonly inputs?: readonly Vertex[];
    readonly trigger: boolean;
  },
): Vertex {
  setting.step += 1;
  const shown = withoutCredentials(instruction.line).replace(/^\S+/, instruction.kind);
  const made = setting.share ? platformLabel(state.platform, (name) => state.scope.peek(name)) : '';
  const vertex: Vertex = {
    op: parts.op,
    ...(state.vertex && { base: state.vertex }),
    inputs: parts.inputs ?? [],
    name: `[${made}${setting.prefix}${setting.step}/${setting.total}] ${shown}`,
    stage: setting.name,
    place: [setting.origin, setting.name, String(setting.ordinal), setting.platform].join('\0'),
    instruction: parts.text,
    // A trigger's lines are those of another file.
    ...(!parts.trigger && { span: instruction.span }),
    uncached: setting.uncached,
  };
  return setting.share?.(vertex) ?? vertex;
}

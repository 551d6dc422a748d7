import { posix } from 'node:path';
import type { WorkdirInstruction } from '../../dockerfile/ast.ts';
import type { StageSetting } from './instructions.ts';
import type { StageState } from './state.ts';
import { vertexFor } from './vertex.ts';

/** WORKDIR: sets the directory, and makes it unless it is the root. */
export function addWorkdir(
  state: StageState,
  instruction: WorkdirInstruction,
  path: string,
  setting: StageSetting,
  trigger: boolean,
): void {
  // An absolute path is kept as it was written; only what is joined is cleaned. Nothing at all stays.
  const full = path.startsWith('/') ? path : posix.resolve('/', state.workdir, path);
  state.config.WorkingDir = full;
  const text = `WORKDIR ${full}`;
  if (full === '/') return state.commit(text);
  const op = { kind: 'mkdir', path: posix.normalize(full), user: state.user } as const;
  return state.commit(text, vertexFor(state, instruction, setting, { op, text, trigger }));
}

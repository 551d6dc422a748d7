import type { RunInstruction } from '../../dockerfile/ast.ts';
import type { ExecOp } from '../graph.ts';
import { checkEntitlements } from './entitlements.ts';
import { runText } from './history.ts';
import type { StageSetting } from './instructions.ts';
import { runMounts } from './mounts.ts';
import { proxyEnv } from './scope.ts';
import type { StageState } from './state.ts';
import { vertexFor } from './vertex.ts';

/** RUN: one process over the root so far. */
export function addRun(
  state: StageState,
  instruction: RunInstruction,
  setting: StageSetting,
  trigger: boolean,
): void {
  checkEntitlements(instruction, setting);
  const { program } = instruction;
  const argv =
    program.form === 'exec'
      ? [...program.argv]
      : [...state.shell, program.form === 'shell' ? program.text : program.path];
  const { mounts, inputs } = runMounts(state, instruction, setting);
  const op: ExecOp = {
    kind: 'exec',
    platform: state.platform,
    argv,
    env: state.scope.buildEnv(),
    hiddenEnv: proxyEnv(setting.args),
    cwd: state.workdir,
    user: state.user,
    network:
      instruction.network && instruction.network !== 'default'
        ? instruction.network
        : setting.network,
    insecure: instruction.security === 'insecure',
    devices: instruction.devices,
    mounts,
    extraHosts: setting.extraHosts,
    hostname: setting.args.get('BUILDKIT_SANDBOX_HOSTNAME') ?? 'buildkitsandbox',
    ...(setting.shmSize !== undefined && { shmSize: setting.shmSize }),
    ...(program.form === 'file' && { file: { path: program.path, content: program.content } }),
  };
  for (const name of setting.args.keys()) {
    if (op.hiddenEnv.some((entry) => entry.startsWith(`${name.toUpperCase()}=`)))
      setting.used.add(name);
  }
  const text = runText(argv, state.scope.declaredArgs());
  state.commit(text, vertexFor(state, instruction, setting, { op, text, inputs, trigger }));
}

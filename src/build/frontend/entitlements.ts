import type { RunInstruction } from '../../dockerfile/ast.ts';
import { NotAllowedError } from '../errors.ts';
import type { StageSetting } from './instructions.ts';

/** What a build was allowed beyond the usual, with `--allow`. */
export interface Entitlements {
  readonly hostNetwork: boolean;
  readonly insecure: boolean;
  /** All devices, or those of the names given. */
  readonly devices: true | ReadonlySet<string>;
}

/** What a build may do that was allowed nothing. */
export const NOTHING_MORE: Entitlements = {
  hostNetwork: false,
  insecure: false,
  devices: new Set<string>(),
};

/** Refuses a RUN that wants more than the build was allowed. Throws DockerfileError. */
export function checkEntitlements(instruction: RunInstruction, setting: StageSetting): void {
  const { allow } = setting;
  if (!allow) return;
  setting.words.located(instruction.span, () => {
    if (instruction.network === 'host' && !allow.hostNetwork && setting.network !== 'host') {
      throw new NotAllowedError('network.host');
    }
    if (instruction.security === 'insecure' && !allow.insecure) {
      throw new NotAllowedError('security.insecure');
    }
    for (const { name } of instruction.devices) {
      if (allow.devices !== true && !allow.devices.has(name)) throw new NotAllowedError('device');
    }
  });
}

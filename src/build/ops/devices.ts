import { statSync } from 'node:fs';
import { cdiDevices, type DeviceEdits } from '../../runtime/cdi.ts';
import type { ProcessSpec } from '../../runtime/executor.ts';
import type { RunDevice } from '../../dockerfile/ast.ts';
import { NotGivenError } from '../errors.ts';
import type { ReadyMount } from '../mounts/mounts.ts';

/** Devices of a RUN: files that come with them, and what else they change. */
export interface RunDevices {
  readonly mounts: readonly ReadyMount[];
  /** The same process with everything else that the devices need. */
  given(spec: ProcessSpec): ProcessSpec;
}

/**
 * Looks devices up on this machine. Those that it lacks are left out, unless they are
 * required. Throws NotGivenError, InvalidInputError.
 */
export function devicesFor(devices: readonly RunDevice[]): RunDevices {
  const edits = devices.flatMap(({ name, required }): DeviceEdits[] => {
    const found = cdiDevices(name);
    if (found) return [found];
    if (!required) return [];
    throw new NotGivenError(
      `required CDI device ${JSON.stringify(name)} is not registered`,
      'Devices are described by files in /etc/cdi and /var/run/cdi.',
    );
  });
  const hooks: Record<string, DeviceEdits['hooks'][string]> = {};
  for (const one of edits) {
    for (const [moment, more] of Object.entries(one.hooks)) {
      hooks[moment] = [...(hooks[moment] ?? []), ...more];
    }
  }
  return {
    mounts: edits.flatMap(({ mounts }) =>
      mounts.map(({ target, ...spec }) => ({
        spec,
        target,
        kind: kindOf(spec.source),
        nested: false,
      })),
    ),
    given: (spec) => ({
      ...spec,
      env: [...spec.env, ...edits.flatMap(({ env }) => env)],
      user: {
        ...spec.user,
        additionalGids: [
          ...spec.user.additionalGids,
          ...edits.flatMap(({ additionalGids }) => additionalGids),
        ],
      },
      devices: edits.flatMap((one) => one.devices),
      hooks,
    }),
  };
}

function kindOf(path: string): ReadyMount['kind'] {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isDirectory() === true ? 'directory' : 'file';
}

import { InvalidInputError } from '../../base/errors.ts';
import { NotGivenError } from '../errors.ts';
import type { ExecMount, SecretMount } from '../exec-mount.ts';
import type { RunSettings } from '../run-settings.ts';
import type { MadeMount } from './parts.ts';

/** A secret as a file in memory; undefined where it is not given and need not be. Throws NotGivenError. */
export function makeSecret(
  mount: SecretMount,
  settings: RunSettings | undefined,
): MadeMount | undefined {
  const value = valueOf(mount, settings);
  if (!value) return undefined;
  const { mode, uid, gid } = mount;
  return {
    spec: {
      type: 'prepared',
      source: { kind: 'secret', content: Buffer.from(value), mode, uid, gid },
      readonly: true,
      options: ['nosuid', 'nodev', 'noexec'],
    },
    kind: 'file',
  };
}

/** Secrets that become variables, as `K=V`. Throws NotGivenError, InvalidInputError. */
export function secretVariables(
  mounts: readonly ExecMount[],
  settings: RunSettings | undefined,
): string[] {
  return mounts.flatMap((mount) => {
    if (mount.type !== 'secret' || mount.env === undefined) return [];
    const value = valueOf(mount, settings);
    if (!value) return [];
    if (value.includes(0)) {
      throw new InvalidInputError(
        `secret ${mount.id} has a NUL in it and cannot be the variable ${mount.env}`,
      );
    }
    return [`${mount.env}=${Buffer.from(value).toString()}`];
  });
}

function valueOf(
  { id, required }: SecretMount,
  settings: RunSettings | undefined,
): Uint8Array | undefined {
  const value = settings?.secrets.get(id);
  if (value || !required) return value;
  throw new NotGivenError(
    `secret ${id}: not found`,
    `Give it with --secret id=${id},src=FILE or --secret id=${id},env=VARIABLE.`,
  );
}

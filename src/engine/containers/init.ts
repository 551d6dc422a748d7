import { existsSync } from 'node:fs';
import type { MountSpec } from '../../runtime/executor.ts';
import { ContainerStartError } from './errors.ts';

const PROGRAMS = ['/usr/bin/catatonit', '/usr/libexec/podman/catatonit', '/usr/bin/tini-static'];
/** In the directory that no image fills. */
const PLACE = '/dev/init';

/** Where a small init is; undefined where there is none. */
export function initProgram(): string | undefined {
  return PROGRAMS.find((path) => existsSync(path));
}

/** A small init that reaps what the command leaves, in front of it. Throws ContainerStartError. */
export function initOf(argv: readonly string[]): {
  readonly argv: readonly string[];
  readonly mount: MountSpec;
} {
  const source = initProgram();
  if (source === undefined) {
    throw new ContainerStartError('--init needs a small init, and there is none', {
      hint: "Install one, for example with 'apt-get install catatonit'.",
    });
  }
  return {
    argv: [PLACE, '--', ...argv],
    mount: { type: 'bind', source, target: PLACE, readonly: true },
  };
}

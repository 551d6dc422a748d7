import { resolve } from 'node:path';
import type { Context, EnginePlace } from './command.ts';
import { flag } from './flags.ts';

/** How the registries are reached that a command speaks to. */
export const REACH_FLAGS = {
  'cert-dir': flag.text(
    'directory',
    'Certificates: *.crt are trusted, X.cert with X.key is shown to registries',
  ),
  'tls-verify': flag.toggle('Want TLS and a valid certificate', undefined, true),
};

/** What the engine is opened with for those flags. */
export function reach({ flags, cwd }: Context<typeof REACH_FLAGS>): EnginePlace {
  return { registries: reachOf(cwd, flags['tls-verify'], flags['cert-dir']) };
}

/** {@link reach} of a command whose flag is Docker's `--insecure`. */
export function reachInsecure(insecure: boolean): EnginePlace {
  return insecure ? { registries: { tlsVerify: false } } : {};
}

/** What the two flags say, whatever they are called. */
export function reachOf(
  cwd: string,
  verify: boolean,
  folder: string | undefined,
): NonNullable<EnginePlace['registries']> {
  return {
    ...(!verify && { tlsVerify: false }),
    ...(folder !== undefined && { certificateFolder: resolve(cwd, folder) }),
  };
}

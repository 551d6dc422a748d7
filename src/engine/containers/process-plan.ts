import type { ContainerConfig } from '../../oci/image-config.ts';
import type { CreateRequest } from '../create-request.ts';
import { variableName } from './config.ts';
import { ContainerStartError } from './errors.ts';

const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * What to run: the entry point with the command behind it. A command given replaces the
 * image's; an entry point given replaces the image's and its command with it.
 *
 * Throws ContainerStartError when nothing is left.
 */
export function argvOf(request: CreateRequest, config: ContainerConfig): readonly string[] {
  const { entrypoint = config.Entrypoint ?? [] } = request;
  const command = request.command ?? (request.entrypoint ? [] : (config.Cmd ?? []));
  const argv = [...entrypoint, ...command];
  if (argv.length === 0) {
    throw new ContainerStartError('no command specified', {
      hint: 'The image names none either: put one behind the image.',
    });
  }
  return argv;
}

/** Where the process gets its environment from. */
export interface EnvironmentSources {
  readonly hostname: string;
  readonly home: string;
}

/** The environment: ours, then that of the merged configuration; the later wins. */
export function environmentOf(
  request: CreateRequest,
  config: ContainerConfig,
  { hostname, home }: EnvironmentSources,
): string[] {
  const variables = new Map<string, string>();
  const put = (text: string): void => void variables.set(variableName(text), text);
  put(DEFAULT_PATH);
  put(`HOSTNAME=${hostname}`);
  if (request.terminal === true) put('TERM=xterm');
  for (const text of config.Env ?? []) put(text);
  if (!variables.has('HOME')) put(`HOME=${home}`);
  return [...variables.values()];
}

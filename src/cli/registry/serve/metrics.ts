import type { Caller } from '../../../registry-server/access/access.ts';
import type { SideDoor } from '../../../registry-server/side-door.ts';
import type { RegistryFigures } from '../../../registry-server/metrics/registry-figures.ts';
import { listenAddress } from '../../listen-address.ts';
import type { ServeValues } from '../serve-flags.ts';
import type { Running } from './running.ts';

/** Counts what happens, if anybody may see it. */
export async function openFigures(flags: ServeValues): Promise<RegistryFigures | undefined> {
  if (flags.metrics === undefined && flags['metrics-user'].length === 0) return undefined;
  const { RegistryFigures: Figures } =
    await import('../../../registry-server/metrics/registry-figures.ts');
  return new Figures();
}

/** Who may see figures at the main address: users by name, or `anonymous` for everybody. */
export function figureReaders(flags: ServeValues): (caller: Caller) => boolean {
  const names = new Set(flags['metrics-user']);
  return ({ name, grants }) =>
    names.has('anonymous') || (name !== undefined && grants === undefined && names.has(name));
}

/** The text of all figures of what runs. */
export function figuresText(
  figures: RegistryFigures,
  { server, kept, hooks, mirror }: Pick<Running, 'server' | 'kept' | 'hooks' | 'mirror'>,
  version: string,
): Promise<string> {
  return figures.text({
    storage: kept.storage,
    keep: kept.figures,
    hooks: hooks && (() => hooks.figures),
    openUploads: () => server.openUploads,
    isReady: () => server.isReady(),
    version,
    more: mirror?.figures,
  });
}

/** Opens the address for figures alone, if there is to be one. Throws UsageError and ListenError. */
export async function openMetrics(
  flags: ServeValues,
  {
    server,
    figures,
    onFailure,
  }: Pick<Running, 'server'> & {
    readonly figures: () => Promise<string>;
    readonly onFailure: (error: unknown, word: string) => void;
  },
): Promise<SideDoor | undefined> {
  if (flags.metrics === undefined) return undefined;
  const { openSideDoor } = await import('../../../registry-server/side-door.ts');
  return openSideDoor({
    ...listenAddress(flags.metrics),
    isReady: () => server.isReady(),
    figures,
    onFailure,
  });
}

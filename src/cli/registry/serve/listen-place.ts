import type { Host } from '../../command.ts';
import { listenAddress, type ListenAddress } from '../../listen-address.ts';

/** The first socket that systemd hands over. */
const FIRST = 3;

/** Where to listen. */
export interface ListenPlace extends ListenAddress {
  /** A socket that is open already, in the place of the address. */
  readonly descriptor?: number;
}

/**
 * Where to listen: at the socket that this process was started with, else at an address. Throws
 * UsageError.
 *
 * @see https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
 */
export function listenPlace(address: string, { env }: Pick<Host, 'env'>): ListenPlace {
  const place = listenAddress(address);
  const isOurs = env['LISTEN_PID'] === String(process.pid);
  const count = Number(env['LISTEN_FDS']);
  return isOurs && count >= 1 ? { ...place, descriptor: FIRST } : place;
}

import { UsageError } from '../base/errors.ts';

/** Where to listen: a host, or without one all of the machine's addresses, and a port. */
export interface ListenAddress {
  readonly host?: string;
  readonly port: number;
}

/** Reads `HOST:PORT`, `[IPv6]:PORT` or `:PORT`. Throws UsageError. */
export function listenAddress(text: string): ListenAddress {
  const [, inner, host, digits] =
    /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) {
    throw new UsageError(`invalid address '${text}'`, {
      hint: "Give host and port, such as '127.0.0.1:5000', or ':5000' for all addresses.",
    });
  }
  const named = inner ?? host ?? '';
  return named === '' ? { port } : { host: named, port };
}

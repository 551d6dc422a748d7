import type { PeerCertificate, TLSSocket } from 'node:tls';
import { secureContext, type TlsSettings } from './request.ts';

/** What a server showed when it was spoken to over TLS. */
export interface ShownCertificate {
  /** `TLSv1.3`. */
  readonly protocol: string;
  readonly subject: string;
  readonly issuer: string;
  readonly expires: Date;
  /** Why the certificate is not to be trusted: `CERT_HAS_EXPIRED`; undefined when it is. */
  readonly fault: string | undefined;
}

/**
 * Opens a connection, looks at the server's certificate, and closes it; sends nothing.
 * `timeout` is in milliseconds. Throws what Node throws when there is no TLS to be had.
 */
export async function inspectTls(
  { host, port }: { readonly host: string; readonly port: number },
  settings: TlsSettings,
  { timeout, signal }: { readonly timeout: number; readonly signal?: AbortSignal | undefined },
): Promise<ShownCertificate> {
  const { connect } = process.getBuiltinModule('node:tls');
  const { isIP } = process.getBuiltinModule('node:net');
  const socket = connect({
    host,
    port,
    secureContext: secureContext(settings),
    // It is looked at, and its faults are told.
    rejectUnauthorized: false,
    ...(isIP(host) === 0 && { servername: host }),
  });
  const stop = (): void => void socket.destroy(timedOut());
  socket.setTimeout(timeout, stop);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
    });
    return shown(socket);
  } finally {
    signal?.removeEventListener('abort', stop);
    socket.destroy();
  }
}

function shown(socket: TLSSocket): ShownCertificate {
  const certificate = socket.getPeerCertificate();
  // Node calls it an Error, and sets its code as a text.
  const fault = socket.authorizationError as unknown;
  return {
    protocol: socket.getProtocol() ?? 'TLS',
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    expires: new Date(certificate.valid_to),
    fault: socket.authorized ? undefined : typeof fault === 'string' ? fault : codeOf(fault),
  };
}

function nameOf(name: PeerCertificate['subject'] | undefined): string {
  return [name?.CN ?? name?.O ?? ''].flat().join(', ');
}

function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code);
  return String(error);
}

function timedOut(): Error {
  return Object.assign(new Error('the connection timed out'), { code: 'ETIMEDOUT' });
}

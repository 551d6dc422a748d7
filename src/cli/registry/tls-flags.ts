import { join, resolve } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { UsageError } from '../../base/errors.ts';
import type { TlsFiles } from '../../registry-server/tls/tls-files.ts';
import type { Context } from '../command.ts';
import { flag } from '../flags.ts';
import type { ListenAddress } from '../listen-address.ts';

/** Flags about TLS. */
export const TLS_FLAGS = {
  'tls-cert': flag.text('file', 'Certificates to show, in PEM; together with --tls-key'),
  'tls-client-ca': flag.text('file', 'Authorities, in PEM, whose certificates say who clients are'),
  'tls-key': flag.text('file', 'The key of the certificate, in PEM'),
  'tls-require-client': flag.toggle('Turn clients away that show no certificate'),
  'tls-self-signed': flag.toggle('Make a certificate for a first try, and keep it with the data'),
};

type TlsContext = Pick<Context<typeof TLS_FLAGS>, 'flags' | 'cwd'>;

/** Where what TLS needs is; `own` says what to tell of a certificate that was made for it. */
export interface TlsPlace {
  readonly files: TlsFiles;
  readonly own?: { readonly fingerprint: string; readonly path: string } | undefined;
}

/** What the flags say; nothing for plain HTTP. Throws UsageError. */
export async function tlsPlace(
  { flags, cwd }: TlsContext,
  {
    data,
    address,
    externalUrl,
    clock,
  }: {
    readonly data: string;
    readonly address: ListenAddress;
    readonly externalUrl: string | undefined;
    readonly clock: Clock;
  },
): Promise<TlsPlace | undefined> {
  const { 'tls-cert': cert, 'tls-key': key, 'tls-client-ca': ca } = flags;
  const isOwn = flags['tls-self-signed'];
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError('--tls-cert and --tls-key belong together');
  }
  if (isOwn && cert !== undefined) {
    throw new UsageError('--tls-self-signed makes what --tls-cert names: give one of them');
  }
  if (ca !== undefined && cert === undefined && !isOwn) {
    throw new UsageError('--tls-client-ca needs TLS', {
      hint: "Give '--tls-cert' and '--tls-key'.",
    });
  }
  if (flags['tls-require-client'] && ca === undefined) {
    throw new UsageError('--tls-require-client needs --tls-client-ca');
  }
  const client = {
    clientCa: ca === undefined ? undefined : resolve(cwd, ca),
    requireClient: flags['tls-require-client'],
  };
  if (cert !== undefined && key !== undefined) {
    return { files: { cert: resolve(cwd, cert), key: resolve(cwd, key), ...client } };
  }
  if (!isOwn) return undefined;
  const { ownCertificate } = await import('../../registry-server/tls/self-signed.ts');
  const { hostNames } = await import('../../registry-server/tls/host-names.ts');
  const named = externalUrl !== undefined && URL.canParse(externalUrl);
  const outside = named ? new URL(externalUrl).hostname.replace(/^\[|\]$/g, '') : undefined;
  const own = ownCertificate(join(data, 'tls'), hostNames([outside, address.host]), clock);
  return { files: { cert: own.path, key: own.keyPath, ...client }, own };
}

/** What to say of a certificate that clients do not know; `host` is how they call the registry. */
export function trustLines(
  { fingerprint, path }: { readonly fingerprint: string; readonly path: string },
  host: string,
): readonly string[] {
  return [
    `certificate ${path}, SHA-256 ${fingerprint}`,
    `clients trust it with: mkdir -p /etc/docker/certs.d/${host} && cp ${path} /etc/docker/certs.d/${host}/ca.crt`,
  ];
}

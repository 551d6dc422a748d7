import { readFileSync } from 'node:fs';
import type { TlsSettings } from '../net/request.ts';
import { RegistryConfigError } from './errors.ts';
import { isInsecure } from './host.ts';
import { homeOf, type RegistrySettings, variable } from './settings.ts';
import { namesIn } from '../sys/names-in.ts';

/**
 * What is trusted and shown when a host is spoken to over TLS: `*.crt` in its folder are
 * authorities, `X.cert` with `X.key` is a certificate of ours. Where a host need not be secure
 * and has no authorities of its own, any certificate will do.
 *
 * Throws RegistryConfigError.
 *
 * @see https://docs.docker.com/engine/security/certificates/
 */
export function tlsFor(host: string, settings: RegistrySettings): TlsSettings {
  const ca: string[] = [...(settings.authorities ?? [])];
  let own: { readonly cert: string; readonly key: string } | undefined;
  for (const folder of foldersOf(host, settings)) {
    const names = namesIn(folder, 'ENOTDIR', 'EACCES').sort();
    for (const name of names.filter((one) => one.endsWith('.crt'))) {
      ca.push(readFileSync(`${folder}/${name}`, 'utf8'));
    }
    own ??= pairOf(folder, names);
  }
  const verify = settings.tlsVerify !== false && (ca.length > 0 || !isInsecure(host, settings));
  return { ...(ca.length > 0 && { ca }), ...own, ...(!verify && { verify }) };
}

function foldersOf(host: string, settings: RegistrySettings): string[] {
  const home = homeOf(settings);
  const { etc = '/etc' } = settings;
  const config = variable(settings, 'XDG_CONFIG_HOME') ?? `${home}/.config`;
  const usual = [
    `${config}/containers/certs.d`,
    `${config}/docker/certs.d`,
    `${etc}/containers/certs.d`,
    `${etc}/docker/certs.d`,
  ].map((folder) => `${folder}/${host}`);
  const { certificateFolder: own } = settings;
  return own === undefined ? usual : [own, ...usual];
}

function pairOf(
  folder: string,
  names: readonly string[],
): { cert: string; key: string } | undefined {
  for (const name of names) {
    const [, stem, kind] = /^(.+)\.(cert|key)$/.exec(name) ?? [];
    if (stem === undefined) continue;
    const other = `${stem}.${kind === 'cert' ? 'key' : 'cert'}`;
    if (!names.includes(other)) {
      throw new RegistryConfigError(`${folder}/${name} is there, but ${other} is not`, {
        hint: 'A client certificate needs X.cert and X.key; authorities end in .crt.',
      });
    }
    const read = (suffix: string): string => readFileSync(`${folder}/${stem}.${suffix}`, 'utf8');
    return { cert: read('cert'), key: read('key') };
  }
  return undefined;
}

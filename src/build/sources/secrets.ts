/** Secrets of a build by their id. A value is read when it is asked for. */
export type Secrets = ReadonlyMap<string, Uint8Array>;

/** What a build knows of how to sign in at a server: the header to send, from its secrets. */
export function authorizationFor(
  secrets: Secrets,
  kind: 'HTTP_AUTH' | 'GIT_AUTH',
  host: string,
): string | undefined {
  const bare = host.replace(/:\d+$/, '');
  const [join, common] = kind === 'HTTP_AUTH' ? ['_', false] : ['.', true];
  const read = (name: string): string | undefined => {
    const text = Buffer.from(secrets.get(name) ?? [])
      .toString()
      .trim();
    if (text === '') return undefined;
    // A header has one line.
    return /[\r\n\0]/.test(text) ? undefined : text;
  };
  const ends = [`${join}${host}`, ...(bare === host ? [] : [`${join}${bare}`])];
  for (const end of [...ends, ...(common ? [''] : [])]) {
    const header = read(`${kind}_HEADER${end}`);
    if (header !== undefined) return header;
    const token = read(`${kind}_TOKEN${end}`);
    if (token === undefined) continue;
    if (kind === 'HTTP_AUTH') return `Bearer ${token}`;
    return `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
  }
  return undefined;
}

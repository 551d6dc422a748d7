/** `-p` as typed, as Docker's PortBindings: `{"80/tcp": [{HostIp, HostPort}]}`. */
export function parsePortTexts(
  texts: readonly string[],
): Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[]>> {
  const found = new Map<string, { HostIp: string; HostPort: string }[]>();
  for (const text of texts) {
    const [, ip = '', host = '', port = '', protocol = 'tcp'] =
      /^(?:(\[[^\]]*\]|[^:]*):)??(?:([\d-]*):)?([\d-]+)(?:\/(\w+))?$/.exec(text) ?? [];
    const key = `${port}/${protocol}`;
    const binding = { HostIp: ip.replace(/^\[|\]$/g, ''), HostPort: host };
    found.set(key, [...(found.get(key) ?? []), binding]);
  }
  return Object.fromEntries(found);
}

import { changesBetween, type Effective, takenOver } from '../config/effective.ts';
import { tlsPlace, type TlsPlace } from '../tls-flags.ts';
import { listenPlace } from './listen-place.ts';
import type { Running, ServeContext } from './running.ts';
import { ADDRESS, understand } from './settings.ts';

/**
 * Takes over what a running registry can, and says in the log what it cannot. Throws UsageError
 * and InvalidInputError for settings that are not good, and all stays as it was.
 */
export async function reload(
  running: Running,
  wanted: Effective,
  context: ServeContext,
): Promise<void> {
  const { log, kept, effective: before } = running;
  const { taken, refused } = changesBetween(before, wanted);
  const next = takenOver(before, wanted);
  const understood = await understand(next, context);
  const isAbout = (...starts: readonly string[]): boolean =>
    taken.some((path) => starts.some((start) => path.startsWith(start)));
  const place = isAbout('tls.') ? await nextTls(running, next, context) : undefined;
  const access = isAbout('access.', 'external-url')
    ? running.openAccess(understood.access)
    : undefined;
  // From here on nothing fails.
  running.effective = next;
  log.level = next.flags['log-level'] ?? 'info';
  if (access) {
    running.server.setAccess(access);
    running.access[Symbol.dispose]();
    running.access = access;
  }
  if (place) {
    running.tls?.[Symbol.dispose]();
    running.tls = running.watchTls(place);
  }
  kept.setRules?.(understood.keep.rules);
  await running.hooks?.replace(understood.endpoints);
  const lost = [...refused, ...taken.filter((path) => isBeyond(path, running))];
  for (const setting of lost) log.warn('a change counts after a restart only', { setting });
  const done = taken.filter((path) => !lost.includes(path));
  log.info('settings were read again', { changed: done.join(', ') || 'nothing' });
}

/** What could be taken over, but not by a registry that was started so. */
function isBeyond(path: string, { kept, hooks, tlsPlace: tls }: Running): boolean {
  // Whether clients are asked for certificates is settled when the server is made.
  if (path === 'tls.client-ca') return tls?.files.clientCa === undefined;
  if (path.startsWith('tls.')) return tls === undefined;
  if (path.startsWith('webhooks.')) return hooks === undefined;
  return !kept.setRules && /^keep\.(?:rules|immutable|retention)$/.test(path);
}

async function nextTls(
  { tlsPlace: before, server }: Running,
  { flags }: Effective,
  context: ServeContext,
): Promise<TlsPlace | undefined> {
  if (!before) return undefined;
  const { clock, cwd } = context;
  const next = await tlsPlace(
    { flags, cwd },
    {
      data: flags.data ?? '',
      address: listenPlace(flags.addr ?? ADDRESS, context),
      externalUrl: flags['external-url'],
      clock,
    },
  );
  if (!next) return undefined;
  const { readTls } = await import('../../../registry-server/tls/tls-files.ts');
  server.setTls(readTls(next.files));
  return next;
}

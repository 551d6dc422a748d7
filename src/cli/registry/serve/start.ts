import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { StaveError } from '../../../base/errors.ts';
import { Log, requestFields } from '../../../registry-server/log.ts';
import { type Effective, valueAt } from '../config/effective.ts';
import { inlineCredentials } from '../config/file-settings.ts';
import { errorFields } from '../error-fields.ts';
import { tellKeeping } from '../keep-line.ts';
import { openMirrors } from '../mirror-flags.ts';
import { pageFolder } from '../page-flags.ts';
import { openStorage } from '../storage-flags.ts';
import { type TlsPlace, tlsPlace } from '../tls-flags.ts';
import { auditLog } from './audit-log.ts';
import { HookBox } from './hook-box.ts';
import { listenPlace } from './listen-place.ts';
import { figureReaders, figuresText, openFigures, openMetrics } from './metrics.ts';
import type { Running, ServeContext } from './running.ts';
import { ADDRESS, type Understood, understand } from './settings.ts';

/** How many events wait for an endpoint at most. */
const WAITING_LIMIT = 10_000;

/** Starts what settings ask for; `scope` ends it. Throws whatever stands in the way. */
export async function startRegistry(
  effective: Effective,
  context: ServeContext,
  scope: AsyncDisposableStack,
): Promise<Running> {
  const { flags } = effective;
  const { clock, stderr } = context;
  const log = new Log(flags['log-level'] ?? 'info', {
    format: flags['log-format'] ?? 'text',
    clock,
    write: (line) => stderr.line(line),
  });
  const place = listenPlace(flags.addr ?? ADDRESS, context);
  const understood = await understand(effective, context);
  const { data } = understood;
  const { openRegistryServer } = await import('../../../registry-server/server.ts');
  const { openAccess } = await import('../../../registry-server/access/open-access.ts');
  const { readTls, WatchedTls } = await import('../../../registry-server/tls/tls-files.ts');
  const { Hooks } = await import('../../../registry-server/events/hooks.ts');
  const figures = scope.use(await openFigures(flags));
  const onFailure = (error: unknown, about = 'reloading'): void => {
    if (!(error instanceof StaveError)) figures?.failed();
    log.error('failed', { about, ...errorFields(error) });
  };
  const audit = scope.use(await auditLog(flags, context));
  const kept = scope.use(
    await openStorage(
      { ...context, flags },
      {
        keep: understood.keep,
        tell: (event) => tellKeeping(event, log),
        credentials: inlineCredentials(effective.tree, context),
      },
    ),
  );
  const mirrors = scope.use(
    await openMirrors({ ...context, flags }, kept.storage, {
      readOnly: flags['read-only'],
      tell: (text) => log.info(text),
      inline: understood.mirrors,
    }),
  );
  const parts = { clock, onFailure };
  const access = openAccess(understood.access, parts);
  let running: Running | undefined = undefined;
  // Reloading may have put another one in its place.
  scope.defer(() => (running?.access ?? access)[Symbol.dispose]());
  const externalUrl = flags['external-url'];
  const tls = await tlsPlace({ ...context, flags }, { data, address: place, externalUrl, clock });
  const now = (): Running => {
    if (!running) throw new Error('asked before it runs');
    return running;
  };
  const text = (): Promise<string> =>
    figures ? figuresText(figures, now(), context.version()) : Promise.resolve('');
  const server = scope.use(
    await openRegistryServer({
      ...place,
      storage: mirrors.storage,
      mirror: mirrors.mirror,
      page: pageFolder({ flags }),
      readOnly: flags['read-only'],
      tls: tls && readTls(tls.files),
      access,
      limits: understood.limits,
      audit: audit?.write,
      auditScope: flags['audit-reads'] ? 'everything' : 'changes',
      clock,
      patience: flags['stop-timeout'],
      observe(exchange, time) {
        figures?.requests.observe(exchange, time);
        const { hooks, effective: current } = now();
        hooks?.observe(exchange);
        if (current.flags['log-requests']) log.info('request', requestFields(exchange, time));
      },
      onConnection: figures?.requests.connected,
      figures:
        flags['metrics-user'].length > 0 ? { text, maySee: figureReaders(flags) } : undefined,
      onFailure,
    }),
  );
  const watchTls = ({ files }: TlsPlace): InstanceType<typeof WatchedTls> =>
    new WatchedTls(files, (material) => server.setTls(material), onFailure);
  const hooks = hooksFor(
    effective,
    understood,
    (endpoints, file, limit) =>
      new HookBox(Hooks, endpoints, {
        file,
        limit,
        source: { url: externalUrl ?? server.url, instance: randomUUID() },
        storage: kept.storage,
        clock,
        userAgent: `stave/${context.version()}`,
        warn: (message, fields) => log.warn(message, fields),
      }),
  );
  running = {
    effective,
    access,
    tls: tls && watchTls(tls),
    log,
    server,
    kept,
    mirror: mirrors.mirror,
    hooks: scope.use(hooks),
    audit,
    tlsPlace: tls,
    openAccess: (settings) => openAccess(settings, parts),
    watchTls,
  };
  scope.defer(() => now().tls?.[Symbol.dispose]());
  scope.use(await openMetrics(flags, { server, figures: text, onFailure }));
  return running;
}

/** Hooks, where a file says anything about them: endpoints may come later. */
function hooksFor(
  { tree }: Effective,
  { endpoints, data }: Understood,
  make: (endpoints: Understood['endpoints'], file: string, limit: number) => HookBox,
): HookBox | undefined {
  if (valueAt(tree, 'webhooks') === undefined) return undefined;
  const file = valueAt(tree, 'webhooks.queue') ?? join(data, 'webhooks.db');
  return make(
    endpoints,
    file as string,
    (valueAt(tree, 'webhooks.limit') as number | undefined) ?? WAITING_LIMIT,
  );
}

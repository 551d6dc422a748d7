import { once } from 'node:events';
import { resolve } from 'node:path';
import { InvalidInputError, StaveError, UsageError } from '../../base/errors.ts';
import type { AuditRecord } from '../../registry-server/audit.ts';
import { command, type Context } from '../command.ts';
import { flag } from '../flags.ts';
import { listenAddress } from '../listen-address.ts';
import { ACCESS_FLAGS, accessSettings } from '../registry/access-flags.ts';
import { KEEP_FLAGS, keepSettings } from '../registry/keep-flags.ts';
import { keepLine } from '../registry/keep-line.ts';
import { LIMIT_FLAGS, limitSettings } from '../registry/limit-flags.ts';
import { PAGE_FLAGS, pageFolder } from '../registry/page-flags.ts';
import { MIRROR_FLAGS, openMirrors } from '../registry/mirror-flags.ts';
import { openStorage, STORAGE_FLAGS } from '../registry/storage-flags.ts';
import { TLS_FLAGS, tlsPlace, trustLines } from '../registry/tls-flags.ts';

const FLAGS = {
  addr: flag.text('host:port', 'Listen here, "127.0.0.1:5000" by default'),
  'read-only': flag.toggle('Refuse whatever would change something'),
  'audit-log': flag.text('file|-', 'Write what is changed, refused and signed in to this file'),
  'audit-reads': flag.toggle('Write every request to --audit-log'),
  ...ACCESS_FLAGS,
  ...KEEP_FLAGS,
  ...LIMIT_FLAGS,
  ...PAGE_FLAGS,
  ...MIRROR_FLAGS,
  ...STORAGE_FLAGS,
  ...TLS_FLAGS,
};

/** `registry serve`. */
export const registryServe = command({
  usage: '[OPTIONS] --data DIR | --s3 s3://BUCKET[/PREFIX]',
  operands: [0, 0],
  endsBySignal: true,
  flags: FLAGS,
  examples: [
    [
      'On this machine only',
      'stave registry serve --addr 127.0.0.1:5000 --data registry',
      'a process that stays',
    ],
    [
      'For others, who know its certificate',
      'stave registry serve --addr :443 --data registry --tls-cert cert.pem --tls-key key.pem',
      'a process that stays',
    ],
    [
      'In a bucket, as any number of others on other machines may at the same time',
      'stave registry serve --addr :5000 --s3 s3://images/registry --s3-region eu-central-1',
      'a bucket',
    ],
    [
      'All may pull, but below team/ only alice and the developers may',
      "stave registry serve --data registry --htpasswd users --groups groups --allow 'anonymous:**:pull' --allow 'alice,@devs:team/**:all'",
      'a process that stays',
    ],
    [
      'A cache before other registries: pull 127.0.0.1:5000/hub/library/alpine',
      'stave registry serve --data registry --mirror hub=docker.io --mirror ghcr=ghcr.io',
      'a process that stays',
    ],
  ],

  async run(context) {
    const { flags, cwd, clock, stdout, stderr, signal } = context;
    const { addr = '127.0.0.1:5000' } = flags;
    const address = listenAddress(addr);
    if (flags['audit-reads'] && flags['audit-log'] === undefined) {
      throw new UsageError('--audit-reads needs --audit-log');
    }
    const data = resolve(cwd, flags.data ?? '');
    const limits = limitSettings(context);
    const keep = await keepSettings(context, { readOnly: flags['read-only'] });
    const onFailure = (error: unknown, word = 'reloading'): void =>
      stderr.line(failure(error, word, clock.now()));
    const { openRegistryServer } = await import('../../registry-server/server.ts');
    const { openAccess } = await import('../../registry-server/access/open-access.ts');
    const { readTls, WatchedTls } = await import('../../registry-server/tls/tls-files.ts');
    const certificates = flags['tls-client-ca'] !== undefined;
    const settings = accessSettings(context, { data, certificates });
    const keys = settings.ownTokens ? '--tokens' : '--tls-self-signed';
    if (!flags.data && flags.s3 !== undefined && (settings.ownTokens || flags['tls-self-signed'])) {
      throw new UsageError(`${keys} needs --data, for its keys`);
    }
    await using kept = await openStorage(context, keep, (event) =>
      stderr.line(`${clock.now().toISOString()} ${keepLine(event)}`),
    );
    await using mirrors = await openMirrors(context, kept.storage, {
      readOnly: flags['read-only'],
      tell: (text) => stderr.line(`${clock.now().toISOString()} ${text}`),
    });
    using access = openAccess(settings, { clock, onFailure });
    const externalUrl = flags['external-url'];
    const tls = await tlsPlace(context, { data, address, externalUrl, clock });
    using log = await auditLog(context);
    await using server = await openRegistryServer({
      ...address,
      storage: mirrors.storage,
      mirror: mirrors.mirror,
      readOnly: flags['read-only'],
      tls: tls && readTls(tls.files),
      access,
      limits,
      page: pageFolder(context),
      audit: log?.write,
      auditScope: flags['audit-reads'] ? 'everything' : 'changes',
      clock,
      onFailure,
    });
    using watched =
      tls && new WatchedTls(tls.files, (material) => server.setTls(material), onFailure);
    using _hangup = onHangup(() => {
      watched?.look();
      log?.reopen();
    }, onFailure);
    stdout.line(`listening on ${server.url}`);
    if (settings.passwords !== undefined && !isPrivate(server.url, externalUrl)) {
      stderr.line(
        'passwords come over plain HTTP: give --tls-cert, or --tls-self-signed for a try',
      );
    }
    if (tls?.own) {
      const { host } = new URL(externalUrl ?? server.url);
      for (const line of trustLines(tls.own, host)) stderr.line(line);
    }
    if (!signal.aborted) await once(signal, 'abort');
  },
});

/** True where nobody in between sees what clients send. */
function isPrivate(url: string, externalUrl = url): boolean {
  const { protocol, hostname } = new URL(url);
  const isHere = /^(?:127\.|\[::1\]$|localhost$)/.test(hostname);
  return isHere || protocol === 'https:' || externalUrl.startsWith('https:');
}

/** Where the log of what was done goes. */
interface AuditLog extends Disposable {
  readonly write: (record: AuditRecord) => void;
  reopen(): void;
}

async function auditLog({
  flags,
  cwd,
  stderr,
}: Context<typeof FLAGS>): Promise<AuditLog | undefined> {
  const place = flags['audit-log'];
  if (place === undefined) return undefined;
  const { auditLine } = await import('../../registry-server/audit.ts');
  if (place === '-') {
    return {
      write: (record) => stderr.line(auditLine(record)),
      reopen: () => undefined,
      [Symbol.dispose]: () => undefined,
    };
  }
  const { AuditFile } = await import('../../registry-server/audit-file.ts');
  const file = openedLog(() => new AuditFile(resolve(cwd, place)), place);
  return {
    write: (record) => file.write(auditLine(record)),
    reopen: () => file.reopen(),
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

function openedLog<T>(open: () => T, typed: string): T {
  try {
    return open();
  } catch (error) {
    throw new InvalidInputError(`cannot write ${typed}`, { cause: error });
  }
}

/** Does something at each SIGHUP, until it is disposed of. */
function onHangup(job: () => void, onFailure: (error: unknown) => void): Disposable {
  const handle = (): void => {
    try {
      job();
    } catch (error) {
      onFailure(error);
    }
  };
  process.on('SIGHUP', handle);
  return { [Symbol.dispose]: () => process.off('SIGHUP', handle) };
}

/** A line for the log. */
function failure(error: unknown, word: string, time: Date): string {
  const what =
    error instanceof StaveError
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
  return `${time.toISOString()} ${word}: ${what}`;
}

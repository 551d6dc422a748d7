import { once } from 'node:events';
import { command } from '../command.ts';
import { SERVE_FLAGS, type ServeValues } from '../registry/serve-flags.ts';
import type { Running } from '../registry/serve/running.ts';
import { trustLines } from '../registry/tls-flags.ts';

/** How long requests may go on after a signal, in milliseconds. */
const PATIENCE = 10_000;

/** `registry serve`. */
export const registryServe = command({
  usage: '[OPTIONS] --data DIR | --s3 s3://BUCKET[/PREFIX] | --config FILE',
  operands: [0, 0],
  endsBySignal: true,
  flags: SERVE_FLAGS,
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
    [
      'As a file says',
      'stave registry serve --config /etc/stave/registry.yaml',
      'a process that stays',
    ],
  ],

  async run(context) {
    const { flags, typed, cwd, stdout, signal } = context;
    const { effectiveOf } = await import('../registry/config/effective.ts');
    const { startRegistry } = await import('../registry/serve/start.ts');
    const { onHangup } = await import('../registry/serve/hangup.ts');
    const { config } = flags;
    const settings = async (): Promise<ReturnType<typeof effectiveOf>> => {
      if (config === undefined) return effectiveOf(flags, typed, {});
      const { loadConfig } = await import('../registry/config/read.ts');
      const { CONFIG } = await import('../registry/config/table.ts');
      return effectiveOf(flags, typed, await loadConfig(config, cwd, CONFIG));
    };
    await using scope = new AsyncDisposableStack();
    const running = await startRegistry(await settings(), context, scope);
    const { log, server } = running;
    const again = async (): Promise<void> => {
      const { reload } = await import('../registry/serve/reload.ts');
      running.audit?.reopen();
      running.tls?.look();
      await reload(running, await settings(), context);
    };
    const { errorFields } = await import('../registry/error-fields.ts');
    scope.use(
      onHangup(again, (error) => log.error('settings stay as they were', errorFields(error))),
    );
    stdout.line(`listening on ${server.url}`);
    warn(running);
    if (!signal.aborted) await once(signal, 'abort');
    const patience = running.effective.flags['stop-timeout'] ?? PATIENCE;
    log.info('ending', { seconds: patience / 1000 });
    // Figures and health are told until the last request is over.
    await server.close();
  },
});

/** What whoever started it should know. */
function warn({ log, server, tlsPlace, effective: { flags } }: Running): void {
  const { 'external-url': externalUrl } = flags;
  if (flags.htpasswd !== undefined && !isPrivate(server.url, externalUrl)) {
    log.warn('passwords come over plain HTTP: give --tls-cert, or --tls-self-signed for a try');
  }
  if (!tlsPlace?.own) return;
  const { host } = new URL(externalUrl ?? server.url);
  for (const line of trustLines(tlsPlace.own, host)) log.warn(line);
}

/** True where nobody in between sees what clients send. */
function isPrivate(url: string, externalUrl: ServeValues['external-url'] = url): boolean {
  const { protocol, hostname } = new URL(url);
  const isHere = /^(?:127\.|\[::1\]$|localhost$)/.test(hostname);
  return isHere || protocol === 'https:' || externalUrl.startsWith('https:');
}

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidInputError, UsageError } from '../../base/errors.ts';
import { command, type Context } from '../command.ts';
import { flag } from '../flags.ts';
import { listenAddress } from '../listen-address.ts';

const FLAGS = {
  addr: flag.text('host:port', 'Listen here, "127.0.0.1:5000" by default'),
  data: flag.text('directory', 'Keep everything in this directory, which is made'),
  'read-only': flag.toggle('Refuse whatever would change something'),
  'tls-cert': flag.text('file', 'Certificates to show, in PEM; together with --tls-key'),
  'tls-key': flag.text('file', 'The key of the certificate, in PEM'),
};

/** `registry serve`. */
export const registryServe = command({
  usage: '[OPTIONS] --data DIR',
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
  ],

  async run(context) {
    const { flags, cwd, clock, stdout, stderr, signal } = context;
    const { addr = '127.0.0.1:5000', data = '' } = flags;
    const address = listenAddress(addr);
    if (data === '') {
      throw new UsageError('--data is required', {
        hint: "Name the folder that holds the registry: '--data DIR'.",
      });
    }
    const tls = tlsFiles(context);
    const { openFileStorage } = await import('../../registry-server/file-storage.ts');
    const { openRegistryServer } = await import('../../registry-server/server.ts');
    await using storage = openFileStorage(resolve(cwd, data), clock);
    await using server = await openRegistryServer({
      ...address,
      storage,
      readOnly: flags['read-only'],
      tls,
      onFailure: (error, word) => stderr.line(failure(error, word, clock.now())),
    });
    stdout.line(`listening on ${server.url}`);
    if (!signal.aborted) await once(signal, 'abort');
  },
});

function tlsFiles({
  flags,
  cwd,
}: Context<typeof FLAGS>): { readonly cert: Uint8Array; readonly key: Uint8Array } | undefined {
  const { 'tls-cert': cert, 'tls-key': key } = flags;
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new UsageError('--tls-cert and --tls-key belong together');
  }
  return { cert: content(cwd, cert), key: content(cwd, key) };
}

function content(cwd: string, typed: string): Uint8Array {
  try {
    return readFileSync(resolve(cwd, typed));
  } catch (error) {
    throw new InvalidInputError(`cannot read ${typed}`, { cause: error });
  }
}

/** A line for the log. */
function failure(error: unknown, word: string, time: Date): string {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${time.toISOString()} ${word}: ${what}`;
}

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { basic, withUsers } from '../../../test/support/registry-users.ts';
import { type ServedOptions, ServedRegistry } from '../../../test/support/served-registry.ts';
import { MediaType } from '../../oci/media-types.ts';
import type { RegistryStorage } from '../storage.ts';
import { type HookEndpoint, type HookFigures, Hooks } from './hooks.ts';

interface Got {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Takes events. */
class Receiver implements AsyncDisposable {
  readonly got: Got[] = [];
  /** What is answered; the last one again and again. */
  answers: { status: number; headers?: Record<string, string> }[] = [{ status: 204 }];
  readonly #server: Server;
  #wake: () => void = () => undefined;

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.got.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
        const { status, headers } = this.answers[0] ?? { status: 500 };
        if (this.answers.length > 1) this.answers.shift();
        response.writeHead(status, headers);
        response.end();
        this.#wake();
      });
    });
  }

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  /** Waits until so many have come. */
  async count(count: number): Promise<readonly Got[]> {
    while (this.got.length < count) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.got;
  }

  /** Actions of the events so far, with what they are about. */
  get actions(): string[] {
    return this.got.map(({ body }) => {
      const [event] = (JSON.parse(body) as Body).events;
      return `${event?.action} ${event?.target['repository']} ${event?.target['tag'] ?? '-'}`;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

interface Body {
  readonly events: readonly {
    readonly action: string;
    readonly target: Readonly<Record<string, string | number>>;
    readonly request: Readonly<Record<string, string>>;
    readonly actor: { readonly name?: string };
    readonly source: Readonly<Record<string, string>>;
  }[];
}

/** A registry that tells endpoints. */
class Telling implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'stave-hooks-'));
  readonly warnings: string[] = [];
  /** Milliseconds that the clock is ahead. */
  ahead = 0;
  limit = 100;
  #hooks: Hooks | undefined;
  #storage: RegistryStorage | undefined;
  registry!: ServedRegistry;

  static async open(
    endpoints: readonly HookEndpoint[],
    options: ServedOptions = {},
    limit = 100,
  ): Promise<Telling> {
    const telling = new Telling();
    telling.limit = limit;
    telling.registry = await ServedRegistry.open({
      ...options,
      more: (storage) => {
        telling.#storage = storage;
        return { observe: (exchange) => telling.#hooks?.observe(exchange) };
      },
    });
    telling.begin(endpoints);
    return telling;
  }

  get figures(): HookFigures | undefined {
    return this.#hooks?.figures[0];
  }

  begin(endpoints: readonly HookEndpoint[]): void {
    const storage = this.#storage;
    if (!storage) throw new Error('no storage');
    this.#hooks = new Hooks(endpoints, {
      file: join(this.folder, 'queue.db'),
      limit: this.limit,
      source: { url: 'https://registry.example', instance: 'one' },
      storage,
      clock: { now: () => new Date(Date.now() + this.ahead) },
      userAgent: 'test',
      firstPause: 5,
      warn: (message) => this.warnings.push(message),
    });
  }

  async end(): Promise<void> {
    await this.#hooks?.[Symbol.asyncDispose]();
    this.#hooks = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    await this.registry[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true });
  }
}

function endpoint(url: string, more: Partial<HookEndpoint> = {}): HookEndpoint {
  return {
    name: 'one',
    url,
    format: 'distribution',
    actions: ['push', 'delete'],
    repositories: [],
    mediaTypes: [MediaType.ociManifest],
    headers: {},
    timeout: 5000,
    giveUpAfter: 3_600_000,
    ...more,
  };
}

test('a push is told in the form of the reference registry, signed', async () => {
  await using receiver = new Receiver();
  const url = await receiver.open();
  const one = endpoint(url, { secret: 's3', headers: { authorization: 'Bearer x' } });
  await using telling = await Telling.open([one]);
  const digest = await telling.registry.image('team/app', 'v1');
  const [got] = await receiver.count(1);
  const { headers, body = '' } = got ?? {};
  assert.equal(headers?.['content-type'], 'application/vnd.docker.distribution.events.v2+json');
  assert.equal(headers?.authorization, 'Bearer x');
  const hmac = createHmac('sha256', 's3').update(body).digest('hex');
  assert.equal(headers?.['x-hub-signature-256'], `sha256=${hmac}`);
  const [event] = (JSON.parse(body) as Body).events;
  assert.equal(event?.action, 'push');
  const { size, length, ...target } = event?.target ?? {};
  assert.equal(size, length);
  assert.deepEqual(target, {
    mediaType: MediaType.ociManifest,
    digest,
    repository: 'team/app',
    url: `https://registry.example/v2/team/app/manifests/${digest}`,
    tag: 'v1',
  });
  assert.equal(event?.request['method'], 'PUT');
  assert.deepEqual(event?.source, { addr: 'registry.example', instanceID: 'one' });
});

test('CloudEvents name the user, and pulls are told where they are asked for', async () => {
  await using receiver = new Receiver();
  const url = await receiver.open();
  const one = endpoint(url, { format: 'cloudevents', actions: ['pull'] });
  await using telling = await Telling.open([one], { access: withUsers() });
  const headers = basic('alice');
  const body = '{"schemaVersion":2}';
  const type = MediaType.ociIndex;
  const put = await telling.registry.send('PUT', '/v2/a/b/manifests/v1', {
    body: JSON.stringify({ schemaVersion: 2, mediaType: type, manifests: [] }),
    headers: { ...headers, 'content-type': type },
  });
  assert.equal(put.status, 201, body);
  await telling.registry.send('HEAD', '/v2/a/b/manifests/v1', { headers });
  await telling.registry.send('GET', '/v2/a/b/manifests/v1', { headers });
  await telling.end();
  telling.begin([{ ...one, mediaTypes: [] }]);
  await telling.registry.send('GET', '/v2/a/b/manifests/v1', { headers });
  const [got] = await receiver.count(1);
  assert.equal(got?.headers['content-type'], 'application/cloudevents+json');
  const event = JSON.parse(got?.body ?? '') as Record<string, unknown>;
  assert.equal(event['specversion'], '1.0');
  assert.equal(event['type'], 'stave.registry.manifest.pull');
  assert.equal(event['subject'], 'a/b:v1');
  assert.equal((event['data'] as Record<string, unknown>)['actor'], 'alice');
});

test('deletions and changes of tags are told, of the repositories that were asked for', async () => {
  await using receiver = new Receiver();
  const url = await receiver.open();
  const actions = ['push', 'delete', 'mount', 'tag'] as const;
  const one = endpoint(url, { actions, repositories: ['team/**'], mediaTypes: [] });
  await using telling = await Telling.open([one]);
  const { registry } = telling;
  await registry.image('other', 'v1');
  const digest = await registry.image('team/app', 'v1');
  await registry.send('DELETE', '/v2/team/app/manifests/v1');
  await registry.send('DELETE', `/v2/team/app/manifests/${digest}`);
  const blob = await registry.blob('team/app', 'more');
  await registry.send('POST', `/v2/team/x/blobs/uploads/?mount=${blob}&from=team/app`);
  await receiver.count(9);
  assert.deepEqual(receiver.actions, [
    'push team/app -',
    'push team/app -',
    'push team/app v1',
    'tag team/app v1',
    'delete team/app v1',
    'tag team/app v1',
    'delete team/app -',
    'push team/app -',
    'mount team/x -',
  ]);
  await telling.end();
  assert.equal(telling.figures, undefined);
});

test('what was refused is not told', async () => {
  await using receiver = new Receiver();
  const one = endpoint(await receiver.open(), { mediaTypes: [] });
  await using telling = await Telling.open([one]);
  await telling.registry.send('DELETE', '/v2/team/app/manifests/v1');
  await telling.registry.manifest('team/app', 'v1', '{}');
  await telling.end();
  assert.deepEqual(receiver.got, []);
});

test('a failure is tried again, in order, and a redirect is one', async () => {
  await using receiver = new Receiver();
  await using elsewhere = new Receiver();
  const other = await elsewhere.open();
  const one = endpoint(await receiver.open());
  receiver.answers = [
    { status: 500 },
    { status: 307, headers: { location: other } },
    { status: 200 },
  ];
  await using telling = await Telling.open([one]);
  await telling.registry.image('a', 'v1');
  await telling.registry.image('b', 'v1');
  await receiver.count(4);
  assert.deepEqual(receiver.actions, ['push a v1', 'push a v1', 'push a v1', 'push b v1']);
  assert.deepEqual(elsewhere.got, []);
  assert.deepEqual(telling.warnings, ['an event could not be delivered']);
});

test('what waits is delivered after a restart', async () => {
  await using receiver = new Receiver();
  const url = await receiver.open();
  await using telling = await Telling.open([endpoint('http://127.0.0.1:1/')]);
  await telling.registry.image('a', 'v1');
  await telling.end();
  telling.begin([endpoint(url)]);
  await receiver.count(1);
  assert.deepEqual(receiver.actions, ['push a v1']);
});

test('the queue has an end, and old events are given up and counted', async () => {
  await using telling = await Telling.open([endpoint('http://127.0.0.1:1/')], {}, 2);
  for (const tag of ['1', '2', '3']) await telling.registry.image('a', tag);
  await telling.end();
  telling.ahead = 2 * 3_600_000;
  telling.begin([endpoint('http://127.0.0.1:1/')]);
  while ((telling.figures?.dead ?? 0) < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(telling.figures?.waiting, 0);
  assert.ok(telling.warnings.includes('the queue of events is full'));
  assert.ok(telling.warnings.includes('an event was given up'));
});

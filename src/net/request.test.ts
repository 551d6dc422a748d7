import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { serveHttp } from '../../test/support/http-server.ts';
import { collect } from '../base/bytes.ts';
import { openClient, type HttpOptions, type HttpRequest } from './request.ts';

async function ask(
  url: string,
  request: HttpRequest = {},
  options: HttpOptions = {},
): Promise<{ status: number; url: string; text: string }> {
  using client = openClient(options);
  const response = await client.request(url, request);
  const text = (await collect(response.body)).toString();
  return { status: response.status, url: response.url.href, text };
}

/** Takes connections and says nothing on them. */
async function silentServer(): Promise<{ port: number; end: () => void }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.on('error', () => {})));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    end() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

test('request() answers with status, headers and body', async () => {
  await using house = await serveHttp((_, response) => {
    response.writeHead(404, { 'X-Word': 'yes' }).end('no');
  });
  using client = openClient();
  const response = await client.request(`${house.url}/x`);
  assert.equal(response.status, 404);
  assert.equal(response.headers['x-word'], 'yes');
  assert.equal((await collect(response.body)).toString(), 'no');
});

test('request() uses a connection again', async () => {
  const ports = new Set<number | undefined>();
  await using house = await serveHttp((request, response) => {
    ports.add(request.socket.remotePort);
    response.end('x');
  });
  using client = openClient();
  for (let turn = 0; turn < 3; turn += 1) {
    await (await client.request(house.url)).discard();
  }
  assert.equal(ports.size, 1);
});

test('request() follows redirects on the same server with what speaks of the sender', async () => {
  await using house = await serveHttp((request, response) => {
    if (request.url === '/a') response.writeHead(302, { location: 'b' }).end();
    else response.end(`${request.url} ${request.headers.authorization}`);
  });
  const found = await ask(`${house.url}/a`, { headers: { Authorization: 'Bearer x' } });
  assert.deepEqual(found, { status: 200, url: `${house.url}/b`, text: '/b Bearer x' });
});

test('request() tells another server nothing of the sender', async () => {
  await using second = await serveHttp((request, response) => {
    response.end(JSON.stringify([request.headers.authorization, request.headers.cookie]));
  });
  await using first = await serveHttp((_, response) => {
    response.writeHead(307, { location: second.url }).end();
  });
  const url = first.url.replace('//', '//user:word@');
  const found = await ask(url, { headers: { cookie: 'a=b' } });
  assert.equal(found.text, '[null,null]');
});

test('request() gives up on redirects that do not end', async () => {
  await using house = await serveHttp((_, response) => {
    response.writeHead(302, { location: '/' }).end();
  });
  await assert.rejects(ask(`${house.url}/`), /redirects more than 10 times/);
});

test('request() refuses a redirect to what is not http', async () => {
  await using house = await serveHttp((_, response) => {
    response.writeHead(302, { location: 'file:///etc/passwd' }).end();
  });
  await assert.rejects(ask(`${house.url}/`), /redirects to what is no http\(s\) URL/);
});

test('request() hands redirects to who wants to see them', async () => {
  await using house = await serveHttp((_, response) => {
    response.writeHead(302, { location: '/x' }).end();
  });
  assert.equal((await ask(house.url, { redirects: 0 })).status, 302);
});

test('request() sends bytes at hand and streams', async () => {
  await using house = await serveHttp((request, response) => {
    void collect(request).then((body) =>
      response.end(`${request.method} ${request.headers['content-length']} ${body.toString()}`),
    );
  });
  async function* stream(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('a');
    yield Buffer.from('b');
  }
  const put = { method: 'PUT' };
  assert.equal((await ask(house.url, { ...put, body: Buffer.from('xyz') })).text, 'PUT 3 xyz');
  assert.equal((await ask(house.url, { ...put, body: stream() })).text, 'PUT undefined ab');
});

test('request() says in words that nobody listens', async () => {
  let url = '';
  {
    await using house = await serveHttp(() => {});
    url = house.url;
  }
  await assert.rejects(ask(url.replace('//', '//u:p@')), {
    code: 'NETWORK',
    message: `cannot read ${url}/: connection refused`,
  });
});

test('request() says that a body was cut short', async () => {
  await using house = await serveHttp((_, response) => {
    response.writeHead(200, { 'content-length': '10' });
    response.write('abc', () => response.destroy());
  });
  await assert.rejects(ask(house.url), /the connection was closed half-way/);
});

test('request() gives up on a server that says nothing', async () => {
  await using house = await serveHttp(() => {});
  await assert.rejects(ask(house.url, {}, { stall: 50 }), /nothing came for/);
});

test('request() gives up where no connection comes about', async () => {
  const house = await silentServer();
  try {
    await assert.rejects(ask(`https://127.0.0.1:${house.port}/`, { connect: 50 }), {
      code: 'NETWORK',
      message: `cannot read https://127.0.0.1:${house.port}/: no connection within 0 s`,
    });
  } finally {
    house.end();
  }
});

test('request() does not count the time in which others have all connections', async () => {
  let answered = 0;
  await using house = await serveHttp((_, response) => {
    // The last of them waits three times as long as a server may be silent.
    setTimeout(() => {
      answered += 1;
      response.end('x');
    }, 400);
  });
  using client = openClient({ stall: 800 });
  const all = Array.from({ length: 64 }, async () => {
    await (await client.request(house.url)).discard();
  });
  await Promise.all(all);
  assert.equal(answered, 64);
});

test('request() gives up on a body that stops', async () => {
  await using house = await serveHttp((_, response) => void response.write('abc'));
  await assert.rejects(ask(house.url, {}, { stall: 50 }), /nothing came for/);
});

test('request() waits for a reader that takes its time', async () => {
  const body = Buffer.alloc(4 * 1024 * 1024, 'x');
  await using house = await serveHttp((_, response) => void response.end(body));
  using client = openClient({ stall: 300 });
  const response = await client.request(house.url);
  let size = 0;
  for await (const chunk of response.body) {
    if (size === 0) await new Promise((resolve) => setTimeout(resolve, 700));
    size += chunk.length;
  }
  assert.equal(size, body.length);
});

test('request() ends with the reason of an aborted signal', async () => {
  await using house = await serveHttp(() => {});
  const stop = new AbortController();
  const asked = ask(house.url, { signal: stop.signal });
  setImmediate(() => stop.abort(new Error('enough')));
  await assert.rejects(asked, /enough/);
});

test('request() goes through a proxy and shows it its permission', async () => {
  await using proxy = await serveHttp((request, response) => {
    response.end(
      `${request.url} ${request.headers.host} ${request.headers['proxy-authorization']}`,
    );
  });
  const http = proxy.url.replace('//', '//u:p@');
  const found = await ask('http://stave.test/a?b', {}, { proxy: { http } });
  assert.equal(found.text, 'http://stave.test/a?b stave.test Basic dTpw');
});

test('request() asks a proxy for a tunnel when TLS is spoken', async () => {
  const asked: string[] = [];
  await using proxy = await serveHttp(() => {});
  proxy.server.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push(request.url ?? '');
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await assert.rejects(ask('https://stave.test/', {}, { proxy: { https: proxy.url } }), {
    message: `cannot connect to stave.test:443 through the proxy ${proxy.url}/: it answered 403`,
  });
  assert.deepEqual(asked, ['stave.test:443']);
});

test('request() refuses what is no http(s) URL', async () => {
  await assert.rejects(ask('ftp://u:p@x/'), { message: '"ftp://x/" is no http(s) URL' });
});

test('request() says that a server does not speak TLS', async () => {
  await using house = await serveHttp(() => {});
  await assert.rejects(ask(house.url.replace('http', 'https')), /it does not speak TLS/);
});

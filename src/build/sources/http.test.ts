import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { serveHttp, type HttpServer } from '../../../test/support/http-server.ts';
import { encodeHeader, padding, TRAILER } from '../../layer/tar-writer.ts';
import { bench, root, RUN } from '../testing/bench.ts';

const TEXT = 'what is there\n';
const DATE = 'Wed, 21 Oct 2015 07:28:00 GMT';
const SECONDS = 1_445_412_480n;

/** One file that has an ETag and a date. */
async function serveFile(text: { body: string | Buffer } = { body: TEXT }): Promise<HttpServer> {
  return await serveHttp((request, response) => {
    const etag = `"${createHash('md5').update(text.body).digest('hex')}"`;
    response.setHeader('etag', etag).setHeader('last-modified', DATE);
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.end(text.body);
  });
}

function tarOf(name: string, text: string): Buffer {
  const size = Buffer.byteLength(text);
  const rest = { mode: 0o640, uid: 7, gid: 8, mtime: 0n, xattrs: new Map<string, Buffer>() };
  const header = encodeHeader({ path: Buffer.from(name), type: 'file', size, ...rest });
  return Buffer.concat([header, Buffer.from(text), padding(size), TRAILER]);
}

const hashOf = (algorithm: string, text: string): string =>
  `${algorithm}:${createHash(algorithm).update(text).digest('hex')}`;

test("ADD of a URL gives a file of its own name, 0600, of the server's time", root, async (t) => {
  await using house = await serveFile();
  const { build, layer } = bench(t);
  const { config } = await build(`FROM scratch\nADD ${house.url}/a/b%20c.txt?x=1 /d/\n`);
  const file = layer(config).find(({ type }) => type === 'file');
  assert.deepEqual(
    [Buffer.from(file?.path ?? []).toString(), file?.mode, file?.uid, file?.gid, file?.mtime],
    ['d/b c.txt', 0o600, 0, 0, SECONDS * 1_000_000_000n],
  );
});

test(
  'ADD of a URL follows the rules for a file, and knows no name out of its place',
  root,
  async (t) => {
    await using house = await serveHttp((_, response) => void response.end('x'));
    const { build, listing } = bench(t);
    const { config } = await build(
      [
        'FROM scratch',
        `ADD --chmod=755 --chown=5:6 ${house.url}/f /as-it-is`,
        `ADD ${house.url}/ /d/`,
        `ADD ${house.url}/%2e%2e%2f /d/`,
      ].join('\n'),
    );
    assert.deepEqual(listing(config, 0), ['0755 5:6 file as-it-is']);
    assert.ok(listing(config, 1).includes('0600 0:0 file d/__unnamed__'));
    assert.ok(listing(config, 2).includes('0600 0:0 file d/__unnamed__'));
  },
);

test(
  'ADD of a URL is asked for on condition, and is a hit when nothing has changed',
  root,
  async (t) => {
    const text = { body: TEXT };
    await using house = await serveFile(text);
    const { build } = bench(t);
    const dockerfile = `FROM scratch\nADD ${house.url}/f /f\n`;
    const first = await build(dockerfile);
    const second = await build(dockerfile);
    assert.equal(second.cached, 1);
    assert.equal(second.id === first.id || second.cached === second.steps, true);
    text.body = 'something else';
    const third = await build(dockerfile);
    assert.equal(third.cached, 0);
    assert.deepEqual(house.asked, ['GET /f', 'GET /f', 'GET /f']);
  },
);

test(
  'ADD of a URL brings the bytes again from the store when only the step is gone',
  root,
  async (t) => {
    let bodies = 0;
    await using house = await serveHttp((request, response) => {
      response.setHeader('last-modified', DATE);
      if (request.headers['if-modified-since'] === DATE) response.writeHead(304).end();
      else {
        bodies += 1;
        response.end(TEXT);
      }
    });
    const { build, layer } = bench(t);
    await build(`FROM scratch\nADD ${house.url}/f /f\n`);
    const { config } = await build(`FROM scratch\nADD ${house.url}/f /g\n`);
    assert.equal(bodies, 1);
    assert.equal(layer(config)[0]?.mtime, SECONDS * 1_000_000_000n);
  },
);

test('ADD with a checksum that is known asks nobody', root, async (t) => {
  await using house = await serveFile();
  const { build } = bench(t);
  for (const algorithm of ['sha256', 'sha384', 'sha512']) {
    const line = `ADD --checksum=${hashOf(algorithm, TEXT)} ${house.url}/${algorithm} /f`;
    await build(`FROM scratch\n${line}\n`);
    assert.equal((await build(`FROM scratch\n${line}\n`)).cached, 1);
  }
  assert.deepEqual(house.asked, ['GET /sha256', 'GET /sha384', 'GET /sha512']);
});

test('ADD with a wrong checksum fails and leaves nothing', root, async (t) => {
  await using house = await serveFile();
  const { build, scratch, store } = bench(t);
  for (const algorithm of ['sha256', 'sha512']) {
    const wrong = hashOf(algorithm, 'x');
    await assert.rejects(build(`FROM scratch\nADD --checksum=${wrong} ${house.url}/f /\n`), {
      message: new RegExp(
        `content from ${house.url}/f is ${algorithm}:[0-9a-f]+, expected ${wrong}`,
      ),
    });
  }
  assert.deepEqual(
    readdirSync(store.paths.blobs).flatMap((one) => readdirSync(`${store.paths.blobs}/${one}`)),
    [],
  );
  assert.deepEqual(readdirSync(store.paths.ingest), []);
  assert.deepEqual(scratch(), []);
  assert.deepEqual(
    store.read(({ sources }) => sources.list()),
    [],
  );
});

test('ADD names the URL whose server refuses, and shows no password', root, async (t) => {
  await using house = await serveHttp((_, response) => void response.writeHead(404).end());
  const { build, scratch } = bench(t);
  const url = house.url.replace('//', '//user:word@');
  await assert.rejects(build(`FROM scratch\nADD ${url}/no /\n`), (error: Error) => {
    assert.match(
      error.message,
      new RegExp(`cannot read ${house.url}/no: the server answered 404 Not Found`),
    );
    assert.doesNotMatch(
      JSON.stringify([error.message, (error as { detail?: string }).detail]),
      /word/,
    );
    return true;
  });
  assert.deepEqual(scratch(), []);
});

test('ADD uses the credentials of a URL and keeps them to itself', root, async (t) => {
  const seen: (string | undefined)[] = [];
  await using house = await serveHttp((request, response) => {
    seen.push(request.headers.authorization);
    response.end(TEXT);
  });
  const { build, store } = bench(t);
  const { config, events } = await build(
    `FROM scratch\nADD ${house.url.replace('//', '//user:word@')}/f /f\n`,
  );
  assert.deepEqual(seen, [`Basic ${Buffer.from('user:word').toString('base64')}`]);
  const kept = store.read(({ cache, sources }) => [cache.list(), sources.list()]);
  assert.doesNotMatch(
    JSON.stringify([config, events, kept], (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    ),
    /word/,
  );
  assert.match(config.history?.at(-1)?.created_by ?? '', new RegExp(`^ADD ${house.url}/f /f`));
});

test('ADD signs in with a secret for the host', root, async (t) => {
  await using house = await serveHttp((request, response) => {
    const ok = request.headers.authorization === 'Bearer tok';
    response.writeHead(ok ? 200 : 401).end('x');
  });
  const { build } = bench(t);
  const dockerfile = `FROM scratch\nADD ${house.url}/f /f\n`;
  const { host } = new URL(house.url);
  await assert.rejects(build(dockerfile), { hint: new RegExp(`HTTP_AUTH_TOKEN_${host}`) });
  const secrets = new Map([[`HTTP_AUTH_TOKEN_${host}`, Buffer.from('tok\n')]]);
  await build(dockerfile, { run: { ...RUN, secrets } });
});

test('ADD unpacks what it fetched only when it is asked to', root, async (t) => {
  await using house = await serveFile({ body: gzipSync(tarOf('x/y', 'z')) });
  await using plain = await serveFile();
  const { build, listing } = bench(t);
  const { config } = await build(
    [
      'FROM scratch',
      `ADD ${house.url}/a.tgz /kept/`,
      `ADD --unpack ${house.url}/a.tgz /out`,
      `ADD --unpack=true ${plain.url}/f /plain/`,
    ].join('\n'),
  );
  assert.ok(listing(config, 0).includes('0600 0:0 file kept/a.tgz'));
  assert.ok(listing(config, 1).includes('0640 7:8 file out/x/y'));
  assert.ok(listing(config, 2).includes('0600 0:0 file plain/f'));
});

test('ADD takes paths and URLs in the order in which they are written', root, async (t) => {
  await using house = await serveFile({ body: 'fetched' });
  const { build, write, layer } = bench(t);
  write('f', 'local');
  const digest = hashOf('sha256', 'fetched');
  const last = await build(`FROM scratch\nADD f ${house.url}/f /d/\n`);
  const first = await build(`FROM scratch\nADD ${house.url}/f f /d/\n`);
  const [one, two] = [last, first].map(({ config }) => layer(config).at(-1)?.digest);
  assert.deepEqual([one === digest, two === digest], [true, false]);
});

test('all that a build reads from elsewhere is asked for at the same time', root, async (t) => {
  const waiting: (() => void)[] = [];
  await using house = await serveHttp((_, response) => {
    waiting.push(() => void response.end('x'));
    // Nobody gets an answer before all three have asked.
    if (waiting.length === 3) for (const answer of waiting) answer();
  });
  const { build } = bench(t);
  const lines = ['a', 'b', 'c'].map((name) => `ADD ${house.url}/${name} /`);
  const { steps } = await build(`FROM scratch\n${lines.join('\n')}\n`);
  assert.equal(steps, 3);
});

for (const [line, message] of [
  ['ADD --checksum=md5:abc http://127.0.0.1:1/ /', /invalid checksum "md5:abc"/],
  [`ADD --checksum=sha256:${'0'.repeat(64)} Dockerfile /`, /sources that are no URL/],
  [
    `ADD --checksum=sha256:${'0'.repeat(64)} http://127.0.0.1:1/ http://127.0.0.1:1/b /`,
    /multiple sources/,
  ],
  ['COPY http://user:word@127.0.0.1:1/ /', /source can't be a URL for COPY: http:\/\/127/],
  ['ADD http://127.0.0.1:1/x /', /cannot read http:\/\/127\.0\.0\.1:1\/x: connection refused/],
  ['ADD http://[::1/x /', /is no URL/],
] as const) {
  test(`${line.slice(0, 60)} is refused`, root, async (t) => {
    const { build, scratch } = bench(t);
    await assert.rejects(build(`FROM scratch\n${line}\n`), { code: 'BUILD_FAILED', message });
    assert.deepEqual(scratch(), []);
  });
}

import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { Connection, uploadPath } from './client.ts';
import type { Server } from './servers.ts';

/** What one run of a workload gave; more of `value` is better when `per` says so. */
export interface Figure {
  readonly value: number;
  readonly unit: 'per s' | 'MB/s' | 'MiB' | 'ms';
  /** Processor time of the server: microseconds for one, milliseconds for a blob of 1 GB. */
  readonly cpu?: number;
}

/** Something that is asked of a server. */
export interface Workload {
  readonly name: string;
  readonly what: string;
  readonly run: (server: Server, work: string) => Promise<Figure>;
}

const CLIENTS = 16;
const SMALL = 20_000;
const PUSHES = 1600;
const BIG = 1_000_000_000;
const SECONDS = 4;
const MANY = 64;
/** What curl ends with when its time is over. */
const TIMED_OUT = 28;
const MANY_SECONDS = 20;
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const REPOSITORY = '/v2/bench/app';

const digestOf = (data: Uint8Array): string =>
  `sha256:${createHash('sha256').update(data).digest('hex')}`;

async function open(server: Server): Promise<Connection> {
  return Connection.open(server.address, server.authorization);
}

function expect(status: number, wanted: number, what: string): void {
  if (status !== wanted) throw new Error(`${what}: status ${status}`);
}

async function pushBlob(to: Connection, data: Uint8Array, digest = digestOf(data)): Promise<void> {
  const begun = await to.send('POST', `${REPOSITORY}/blobs/uploads/`);
  expect(begun.status, 202, 'begin of an upload');
  const { status } = await to.send('PUT', `${uploadPath(begun)}digest=${digest}`, data);
  expect(status, 201, 'end of an upload');
}

async function pushManifest(to: Connection, tag: string): Promise<void> {
  const config = Buffer.from(`{"architecture":"amd64","os":"linux","tag":"${tag}"}`);
  const layer = randomBytes(64);
  await pushBlob(to, config);
  await pushBlob(to, layer);
  const descriptor = (mediaType: string, data: Uint8Array): object => ({
    mediaType,
    digest: digestOf(data),
    size: data.length,
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: descriptor('application/vnd.oci.image.config.v1+json', config),
    layers: [descriptor('application/vnd.oci.image.layer.v1.tar', layer)],
  };
  const body = Buffer.from(JSON.stringify(manifest));
  const { status } = await to.send('PUT', `${REPOSITORY}/manifests/${tag}`, body, MANIFEST);
  expect(status, 201, 'a manifest');
}

/** `count` jobs by so many clients at once; jobs per second. */
async function together(
  server: Server,
  count: number,
  job: (connection: Connection, index: number) => Promise<void>,
): Promise<number> {
  const connections = await Promise.all(Array.from({ length: CLIENTS }, async () => open(server)));
  let next = 0;
  const since = performance.now();
  await Promise.all(
    connections.map(async (connection) => {
      while (next < count) await job(connection, next++);
    }),
  );
  const seconds = (performance.now() - since) / 1000;
  for (const connection of connections) connection[Symbol.dispose]();
  return count / seconds;
}

/** What wrk reaches over a list of paths. */
function wrk(server: Server, work: string, paths: readonly string[]): Figure {
  const script = join(work, 'paths.lua');
  const headers =
    server.authorization === undefined ? '' : `["Authorization"]="${server.authorization}"`;
  writeFileSync(
    script,
    `local paths = {${paths.map((path) => `"${path}"`).join(',')}}\nlocal n = 0\n` +
      `local headers = {["Accept"]="${MANIFEST}",${headers}}\n` +
      `request = function() n = n % #paths + 1; return wrk.format("GET", paths[n], headers) end\n` +
      `done = function(s, l, r) if s.errors.status > 0 then io.write("BAD STATUS\\n") end end\n`,
  );
  const args = ['-t1', `-c${CLIENTS}`, `-d${SECONDS}s`, '-s', script, `http://${server.address}`];
  const before = server.cpu();
  const text = execFileSync('wrk', args, { encoding: 'utf8' });
  if (text.includes('BAD STATUS')) throw new Error('wrk got errors');
  const count = Number(/(\d+) requests in/.exec(text)?.[1]);
  const value = Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]);
  return costing(server, before, count, { value, unit: 'per s' });
}

/** What a workload gave, with the processor time that the server took for each of so many. */
function costing(server: Server, before: number, count: number, figure: Figure): Figure {
  const scale = figure.unit === 'MB/s' ? 1e3 : 1e6;
  return { ...figure, cpu: ((server.cpu() - before) / count) * scale };
}

/** All workloads, by what the figures of the registry are about. */
export const workloads: readonly Workload[] = [
  {
    name: 'push-small',
    what: `blobs of 20 kB pushed by ${CLIENTS} clients`,
    async run(server) {
      const blobs = Array.from({ length: PUSHES }, () => randomBytes(SMALL));
      const digests = blobs.map(digestOf);
      const before = server.cpu();
      const rate = await together(server, PUSHES, async (connection, index) =>
        pushBlob(connection, blobs[index] ?? new Uint8Array(), digests[index]),
      );
      return costing(server, before, PUSHES, { value: rate, unit: 'per s' });
    },
  },
  {
    name: 'pull-small',
    what: `800 blobs of 20 kB read by ${CLIENTS} connections of wrk`,
    async run(server, work) {
      const blobs = Array.from({ length: 800 }, () => randomBytes(SMALL));
      await together(server, blobs.length, async (connection, index) =>
        pushBlob(connection, blobs[index] ?? new Uint8Array()),
      );
      const paths = blobs.map((data) => `${REPOSITORY}/blobs/${digestOf(data)}`);
      return wrk(server, work, paths);
    },
  },
  {
    name: 'manifests',
    what: `100 manifests read by ${CLIENTS} connections of wrk`,
    async run(server, work) {
      const tags = Array.from({ length: 100 }, (_, index) => `t${index}`);
      await together(server, tags.length, async (connection, index) =>
        pushManifest(connection, tags[index] ?? ''),
      );
      return wrk(
        server,
        work,
        tags.map((tag) => `${REPOSITORY}/manifests/${tag}`),
      );
    },
  },
  {
    name: 'push-big',
    what: 'a blob of 1 GB pushed by curl',
    async run(server, work) {
      using connection = await open(server);
      const { file, digest } = bigFile(work);
      const begun = await connection.send('POST', `${REPOSITORY}/blobs/uploads/`);
      return curl(server, `${uploadPath(begun)}digest=${digest}`, ['-T', file]);
    },
  },
  {
    name: 'pull-big',
    what: 'a blob of 1 GB read by curl',
    async run(server, work) {
      using connection = await open(server);
      const { file, digest } = bigFile(work);
      const begun = await connection.send('POST', `${REPOSITORY}/blobs/uploads/`);
      curl(server, `${uploadPath(begun)}digest=${digest}`, ['-T', file]);
      return curl(server, `${REPOSITORY}/blobs/${digest}`, ['-o', '/dev/null']);
    },
  },
  {
    name: 'memory-pull',
    what: `peak memory while a blob of 1 GB is read by ${MANY} clients at once`,
    async run(server, work) {
      using connection = await open(server);
      const { file, digest } = bigFile(work);
      const begun = await connection.send('POST', `${REPOSITORY}/blobs/uploads/`);
      curl(server, `${uploadPath(begun)}digest=${digest}`, ['-T', file]);
      const path = `${REPOSITORY}/blobs/${digest}`;
      await Promise.all(
        Array.from({ length: MANY }, async () => transfer(server, path, ['-o', '/dev/null'])),
      );
      return { value: server.peak() / 2 ** 20, unit: 'MiB' };
    },
  },
  {
    name: 'memory-push',
    what: `peak memory while ${MANY} clients push 1 GB each, ended after ${MANY_SECONDS} s`,
    async run(server, work) {
      using connection = await open(server);
      const { file, digest } = bigFile(work);
      const transfers: Promise<void>[] = [];
      for (let index = 0; index < MANY; index++) {
        const begun = await connection.send('POST', `${REPOSITORY}/blobs/uploads/`);
        const limits = ['-T', file, '--max-time', String(MANY_SECONDS)];
        transfers.push(transfer(server, `${uploadPath(begun)}digest=${digest}`, limits));
      }
      await Promise.all(transfers);
      return { value: server.peak() / 2 ** 20, unit: 'MiB' };
    },
  },
];

let big: { readonly file: string; readonly digest: string } | undefined;

function bigFile(work: string): { readonly file: string; readonly digest: string } {
  if (big) return big;
  const file = join(work, 'big');
  const piece = randomBytes(1_000_000);
  const hash = createHash('sha256');
  const fd = openSync(file, 'w');
  for (let at = 0; at < BIG; at += piece.length) {
    piece.writeUInt32LE(at / piece.length);
    writeSync(fd, piece);
    hash.update(piece);
  }
  closeSync(fd);
  return (big = { file, digest: `sha256:${hash.digest('hex')}` });
}

/** A transfer that may be cut off by its limits, by nothing else. */
async function transfer(server: Server, path: string, args: readonly string[]): Promise<void> {
  const auth =
    server.authorization === undefined ? [] : ['-H', `Authorization: ${server.authorization}`];
  const url = `http://${server.address}${path}`;
  const child = spawn('curl', ['-s', '-f', '-H', 'Expect:', ...auth, ...args, url], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0 && code !== TIMED_OUT) throw new Error(`curl: exit code ${code}`);
}

function curl(server: Server, path: string, args: readonly string[]): Figure {
  const auth =
    server.authorization === undefined ? [] : ['-H', `Authorization: ${server.authorization}`];
  const format = ['-w', '%{time_total}', '-s', '-S', '-f', '-H', 'Expect:'];
  const before = server.cpu();
  const text = execFileSync(
    'curl',
    [...format, ...auth, ...args, `http://${server.address}${path}`],
    {
      encoding: 'utf8',
    },
  );
  const value = BIG / 1e6 / Number(/[\d.]+$/.exec(text)?.[0]);
  return costing(server, before, 1, { value, unit: 'MB/s' });
}

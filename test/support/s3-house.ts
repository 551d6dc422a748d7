import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../src/base/clock.ts';
import { openClient } from '../../src/net/request.ts';
import type { S3Place } from '../../src/s3/place.ts';
import { S3Requests } from '../../src/s3/requests.ts';
import { randomHex } from '../../src/sys/random.ts';

const SCRIPT = join(import.meta.dirname, '../../scripts/s3.sh');
const PATIENCE = 30_000;

/** Ceph's gateway checks signatures and no conditions; moto checks conditions and no signatures. */
export type S3Kind = 'radosgw' | 'moto';

export const S3_KINDS: readonly S3Kind[] = ['radosgw', 'moto'];

/** Why no S3 server can be run here; false when one can. */
export const noS3: string | false =
  spawnSync('/bin/sh', [SCRIPT, 'ready']).status === 0
    ? false
    : 'no S3 server here: scripts/s3.sh install makes one, as root';

/** An S3 server from Debian's packages on a port of its own; gone when it leaves its scope. */
export class S3House implements AsyncDisposable {
  readonly endpoint: string;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(endpoint: string, child: ChildProcess, folder: string) {
    this.endpoint = endpoint;
    this.#child = child;
    this.#folder = folder;
  }

  static async open(kind: S3Kind): Promise<S3House> {
    const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'stave-s3-'));
    const port = await freePort();
    const child = spawn('/bin/sh', [SCRIPT, kind, folder, String(port)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4096)));
    const endpoint = `http://127.0.0.1:${port}`;
    const house = new S3House(endpoint, child, folder);
    for (const end = Date.now() + PATIENCE; ; await pause(50)) {
      const isUp = await fetch(endpoint).then(
        (answer) => answer.arrayBuffer().then(() => true),
        () => false,
      );
      if (isUp) return house;
      if (child.exitCode === null && Date.now() < end) continue;
      await house[Symbol.asyncDispose]();
      throw new Error(`${kind} did not start: ${said}`);
    }
  }

  /** A bucket that nobody else has. */
  bucket(): Promise<S3Place> {
    return newBucket(this.endpoint);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await gone;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Makes a bucket at the endpoint of an S3House. */
export async function newBucket(endpoint: string): Promise<S3Place> {
  const place: S3Place = {
    bucket: `stave-${randomHex(6)}`,
    region: 'us-east-1',
    endpoint,
    pathStyle: true,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test-secret' },
  };
  using client = openClient();
  const requests = new S3Requests(place, { client, clock: systemClock });
  await requests.ask({ method: 'PUT' }, [], (answer) => answer.discard());
  return place;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

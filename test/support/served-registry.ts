import { mkdtempSync, rmSync } from 'node:fs';
import { request as open, Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { type Digest, digestOf } from '../../src/oci/digest.ts';
import { MediaType } from '../../src/oci/media-types.ts';
import { openClient } from '../../src/net/request.ts';
import {
  BucketStorage,
  openBucketStorage,
} from '../../src/registry-server/bucket/bucket-storage.ts';
import { openFileStorage } from '../../src/registry-server/file-storage.ts';
import type { Access } from '../../src/registry-server/access/access.ts';
import { openAccess } from '../../src/registry-server/access/open-access.ts';
import type { AccessSettings } from '../../src/registry-server/access/settings.ts';
import type { AuditRecord } from '../../src/registry-server/audit.ts';
import type { LimitSettings } from '../../src/registry-server/limits.ts';
import { type Mirror, openMirror } from '../../src/registry-server/mirror/mirror.ts';
import type { MirrorSettings } from '../../src/registry-server/mirror/settings.ts';
import {
  openRegistryServer,
  type RegistryServer,
  type RegistryServerOptions,
} from '../../src/registry-server/server.ts';
import type { RegistryStorage } from '../../src/registry-server/storage.ts';
import type { S3Place } from '../../src/s3/place.ts';
import { S3Requests } from '../../src/s3/requests.ts';
import { newBucket } from './s3-house.ts';

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
  readonly text: string;
  /** The first code of an error body. */
  readonly code: string | undefined;
}

export interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Sends the body without its length. */
  readonly chunked?: boolean;
}

const agent = new Agent({ keepAlive: true });

/** The S3 server in which the registries of this process keep what they have; without one, in folders. */
const STORE = process.env['STAVE_TEST_S3'];
/** Why a test is left out that looks into the folder of a registry. */
export const filesOnly: string | false = STORE !== undefined && 'about folders';

/** Sends one request; the path goes out as it is. */
export function send(
  url: string,
  method: string,
  path: string,
  { headers = {}, body, chunked = false }: Sent = {},
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const length = body === undefined ? 0 : Buffer.byteLength(body);
    const bodied = body !== undefined || ['POST', 'PUT', 'PATCH'].includes(method);
    const all = { ...(bodied && !chunked && { 'content-length': length }), ...headers };
    const request = open({ hostname, port, method, path, headers: all, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const whole = Buffer.concat(chunks);
        const { statusCode: status = 0 } = response;
        const text = whole.toString();
        resolve({ status, headers: response.headers, body: whole, text, code: codeOf(text) });
      });
    });
    request.on('error', reject);
    if (chunked) request.write(body);
    request.end(chunked ? undefined : body);
  });
}

function codeOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { errors?: { code: string }[] }).errors?.[0]?.code;
  } catch {
    return undefined;
  }
}

/** What a registry is opened with. */
export interface ServedOptions {
  readonly readOnly?: boolean;
  /** Gets a folder that is gone afterwards. */
  readonly access?: (folder: string) => AccessSettings;
  readonly limits?: LimitSettings;
  /** Takes this one, which is gone afterwards too. */
  readonly folder?: string;
  readonly clock?: Clock;
  /** The folder of the page; none by default. */
  readonly page?: string;
  /** What it reads through from other registries; soon again where that fails. */
  readonly mirrors?: readonly MirrorSettings[];
  /** What else the server is told, once its storage is open. */
  readonly more?: (storage: RegistryStorage) => Partial<RegistryServerOptions>;
}

/** A registry in this process, in a folder of its own that is gone when it leaves its scope. */
export class ServedRegistry implements AsyncDisposable {
  readonly root: string;
  /** Failures that the log would have. */
  readonly failures: unknown[] = [];
  /** What was told of it. */
  readonly records: AuditRecord[] = [];
  readonly #options: ServedOptions;
  #access: Access | undefined;
  #place: S3Place | undefined;
  #storage: RegistryStorage | undefined;
  #server: RegistryServer | undefined;
  #mirror: Mirror | undefined;
  /** Lines that the log would have about mirrors. */
  readonly lines: string[] = [];

  private constructor(options: ServedOptions) {
    this.#options = options;
    this.root = options.folder ?? mkdtempSync(join(tmpdir(), 'stave-registry-'));
  }

  static async open(options: ServedOptions = {}): Promise<ServedRegistry> {
    const registry = new ServedRegistry(options);
    await registry.#start();
    return registry;
  }

  /** False over a store that cannot compare before it writes. */
  get isExact(): boolean {
    return !(this.#storage instanceof BucketStorage) || this.#storage.traits.conditions;
  }

  get url(): string {
    return this.#server?.url ?? '';
  }

  /** Ends and begins anew; `between` can look at the folder and change it. */
  async restart(between: () => void = () => undefined): Promise<void> {
    await this.#stop();
    between();
    await this.#start();
  }

  send(method: string, path: string, sent: Sent = {}): Promise<Answer> {
    return send(this.url, method, path, sent);
  }

  /** Pushes a blob. */
  async blob(repository: string, body: Uint8Array | string): Promise<Digest> {
    const digest = digestOf(body);
    const path = `/v2/${repository}/blobs/uploads/?digest=${digest}`;
    const { status, text } = await this.send('POST', path, { body });
    if (status !== 201) throw new Error(`${status} ${text}`);
    return digest;
  }

  /** Begins an upload and gives its address. */
  async upload(repository: string): Promise<string> {
    const { headers } = await this.send('POST', `/v2/${repository}/blobs/uploads/`);
    return String(headers['location']);
  }

  /** Pushes a manifest with all that it needs; `extra` are further fields. */
  async image(repository: string, reference: string, extra: object = {}): Promise<Digest> {
    const body = await this.imageBody(repository, extra);
    const { status, text } = await this.manifest(repository, reference, body);
    if (status !== 201) throw new Error(`${status} ${text}`);
    return digestOf(body);
  }

  /** A manifest whose blobs are there. */
  async imageBody(repository: string, extra: object = {}): Promise<string> {
    const config = await this.blob(repository, '{}');
    const layer = await this.blob(repository, `layer of ${repository}`);
    return JSON.stringify({
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: { mediaType: MediaType.ociConfig, digest: config, size: 2 },
      layers: [
        {
          mediaType: MediaType.ociLayer,
          digest: layer,
          size: Buffer.byteLength(`layer of ${repository}`),
        },
      ],
      ...extra,
    });
  }

  manifest(
    repository: string,
    reference: string,
    body: string | Uint8Array,
    type: string = MediaType.ociManifest,
  ): Promise<Answer> {
    const headers = { 'content-type': type };
    return this.send('PUT', `/v2/${repository}/manifests/${reference}`, { body, headers });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
    rmSync(this.root, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const storage =
      STORE === undefined ? openFileStorage(this.root, systemClock) : await this.#bucket(STORE);
    this.#storage = storage;
    const { readOnly = false, access, limits, clock = systemClock, page } = this.#options;
    const onFailure = (error: unknown): void => void this.failures.push(error);
    this.#access = access && openAccess(access(this.root), { clock, onFailure });
    const { mirrors } = this.#options;
    this.#mirror =
      mirrors &&
      openMirror(storage, mirrors, {
        clock,
        variable: () => undefined,
        patience: { pause: 2, stall: 2000, tries: 2 },
        tell: (line) => void this.lines.push(line),
      });
    this.#server = await openRegistryServer({
      host: '127.0.0.1',
      port: 0,
      storage: this.#mirror?.storage ?? storage,
      mirror: this.#mirror,
      readOnly,
      access: this.#access,
      limits,
      page,
      clock,
      audit: (record) => this.records.push(record),
      onFailure,
      ...this.#options.more?.(storage),
    });
  }

  async #bucket(endpoint: string): Promise<RegistryStorage> {
    this.#place ??= await newBucket(endpoint);
    const requests = new S3Requests(this.#place, { client: openClient(), clock: systemClock });
    return openBucketStorage({
      requests,
      prefix: 'some/team/',
      clock: systemClock,
      redirect: false,
    });
  }

  async #stop(): Promise<void> {
    await this.#server?.close();
    await this.#mirror?.[Symbol.asyncDispose]();
    this.#access?.[Symbol.dispose]();
    await this.#storage?.[Symbol.asyncDispose]();
  }
}

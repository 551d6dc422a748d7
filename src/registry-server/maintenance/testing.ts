import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { type Digest, digestOf } from '../../oci/digest.ts';
import { MediaType } from '../../oci/media-types.ts';
import { checkManifest, referrerOf } from '../check-manifest.ts';
import {
  type FileParts,
  type FileSettings,
  type FileStorage,
  openFileStorage,
} from '../file-storage.ts';

/** An hour in milliseconds. */
export const HOUR = 3_600_000;

/** A registry in a folder of its own, with a clock that can be set. */
export class Kept implements AsyncDisposable {
  readonly root: string = mkdtempSync(join(tmpdir(), 'stave-kept-'));
  /** Milliseconds that the clock is ahead. */
  ahead = 0;
  readonly clock: Clock = { now: () => new Date(Date.now() + this.ahead) };
  readonly #settings: FileSettings;
  storage: FileStorage;
  #isOpen = true;

  constructor(settings: FileSettings = {}) {
    this.#settings = settings;
    this.storage = openFileStorage(this.root, this.clock, settings);
  }

  get parts(): FileParts {
    return this.storage.parts;
  }

  /** Ends and begins anew; `between` can look at the folder and change it. */
  async reopen(between: () => Promise<void> | void = () => undefined): Promise<void> {
    await this.close();
    await between();
    this.storage = openFileStorage(this.root, this.clock, this.#settings);
    this.#isOpen = true;
  }

  /** Until it is opened anew, the folder is nobody's. */
  async close(): Promise<void> {
    if (this.#isOpen) await this.storage[Symbol.asyncDispose]();
    this.#isOpen = false;
  }

  async blob(repository: string, text: string): Promise<Digest> {
    const id = this.storage.startUpload(repository, 'sha256');
    const upload = this.storage.openUpload(repository, id);
    if (!upload || upload === 'busy') throw new Error('no upload');
    await upload.append(Buffer.from(text));
    const digest = digestOf(text);
    await upload.finish(digest);
    return digest;
  }

  /** Pushes an image with one layer; gives the digest of its manifest. */
  async image(
    repository: string,
    tag: string | undefined,
    layer = `layer ${tag}`,
  ): Promise<Digest> {
    const config = {
      mediaType: MediaType.ociConfig,
      digest: await this.blob(repository, '{}'),
      size: 2,
    };
    const one = {
      mediaType: MediaType.ociLayer,
      digest: await this.blob(repository, layer),
      size: layer.length,
    };
    return this.manifest(repository, tag, { config, layers: [one] });
  }

  async manifest(
    repository: string,
    tag: string | undefined,
    fields: object,
    type: string = MediaType.ociManifest,
  ): Promise<Digest> {
    const body = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: type, ...fields }));
    const digest = digestOf(body);
    const checked = checkManifest(body, type);
    const obstacle = await this.storage.putManifest(repository, {
      ...checked,
      digest,
      body,
      tags: tag === undefined ? [] : [tag],
      referrer: referrerOf(checked, { digest, size: body.length }),
      by: 'alice',
    });
    if (obstacle !== undefined) throw new Error(JSON.stringify(obstacle));
    return digest;
  }

  /** The manifest that a tag means. */
  tag(repository: string, tag: string): Digest | undefined {
    return this.storage.manifest(repository, tag)?.digest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}

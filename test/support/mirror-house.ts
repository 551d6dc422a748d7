import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MirrorSettings } from '../../src/registry-server/mirror/settings.ts';
import { MediaType } from '../../src/oci/media-types.ts';
import { noise } from './remote-image.ts';
import { type ServedOptions, ServedRegistry } from './served-registry.ts';
import { TestRegistry, type TestRegistryOptions } from './test-registry.ts';

/** An upstream that can fail, and a registry before it, with a clock that can be set. */
export interface MirrorHouse extends AsyncDisposable {
  readonly upstream: TestRegistry;
  readonly mirror: ServedRegistry;
  /** Milliseconds that the registry's clock is ahead. */
  ahead: number;
}

/** Opens both: `hub/` is the upstream. `alice` is who the registry is there, where that counts. */
export async function mirrorHouse(
  upstreamOptions: TestRegistryOptions = {},
  settings: Partial<MirrorSettings> = {},
  options: ServedOptions = {},
): Promise<MirrorHouse> {
  const upstream = await TestRegistry.open(upstreamOptions);
  const folder = mkdtempSync(join(tmpdir(), 'stave-mirror-'));
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, 's3cret\n');
  const place: MirrorSettings = {
    prefix: 'hub',
    upstream: upstream.host,
    ...(upstreamOptions.auth && { user: 'alice', passwordFile }),
    ...settings,
  };
  const house = {
    upstream,
    ahead: 0,
    async [Symbol.asyncDispose]() {
      await mirror[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const clock = { now: () => new Date(Date.now() + house.ahead) };
  const mirror = await ServedRegistry.open({ clock, mirrors: [place], ...options });
  return Object.assign(house, { mirror });
}

/** An image of one layer at the upstream. */
export interface PlainImage {
  readonly manifest: string;
  readonly layer: string;
  readonly content: Buffer;
}

/** Puts an image of one layer of so many bytes into a registry; another seed makes another one. */
export function putPlain(
  registry: TestRegistry,
  repository: string,
  tag: string,
  { size = 300_000, seed = 'x', extra = {} } = {},
): PlainImage {
  const content = noise(size, seed);
  const config = registry.add(repository, Buffer.from('{}'), MediaType.ociConfig);
  const layer = registry.add(repository, content, MediaType.ociLayer);
  const body = {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config,
    layers: [layer],
    ...extra,
  };
  const manifest = registry.tag(repository, tag, body, MediaType.ociManifest);
  return { manifest, layer: layer.digest, content };
}

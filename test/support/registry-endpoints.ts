import { type Digest, digestOf } from '../../src/oci/digest.ts';
import { MediaType } from '../../src/oci/media-types.ts';
import type { Sent, ServedRegistry } from './served-registry.ts';

/** What a repository holds for the endpoints to work on. */
export interface Content {
  readonly repository: string;
  readonly blob: Digest;
  readonly manifest: Digest;
  readonly body: string;
  /** The address of an open upload. */
  readonly upload: string;
}

/** One thing that can be asked of a repository. */
export interface Endpoint {
  readonly name: string;
  readonly action: 'pull' | 'push' | 'delete';
  readonly method: string;
  readonly path: (content: Content) => string;
  readonly sent?: (content: Content) => Sent;
  /** The status for those who may. */
  readonly status: number;
}

const NEW = 'a new blob';
const octets = { 'content-type': 'application/octet-stream' };

/** Every method of every address below a repository. */
export const ENDPOINTS: readonly Endpoint[] = [
  ...(['GET', 'HEAD'] as const).flatMap((method): Endpoint[] => [
    {
      name: `${method} blob`,
      action: 'pull',
      method,
      path: ({ repository, blob }) => `/v2/${repository}/blobs/${blob}`,
      status: 200,
    },
    {
      name: `${method} manifest by tag`,
      action: 'pull',
      method,
      path: ({ repository }) => `/v2/${repository}/manifests/v1`,
      status: 200,
    },
    {
      name: `${method} manifest by digest`,
      action: 'pull',
      method,
      path: ({ repository, manifest }) => `/v2/${repository}/manifests/${manifest}`,
      status: 200,
    },
    {
      name: `${method} tags`,
      action: 'pull',
      method,
      path: ({ repository }) => `/v2/${repository}/tags/list`,
      status: 200,
    },
    {
      name: `${method} referrers`,
      action: 'pull',
      method,
      path: ({ repository, manifest }) => `/v2/${repository}/referrers/${manifest}`,
      status: 200,
    },
  ]),
  {
    name: 'POST upload',
    action: 'push',
    method: 'POST',
    path: ({ repository }) => `/v2/${repository}/blobs/uploads/`,
    status: 202,
  },
  {
    name: 'POST upload without the slash',
    action: 'push',
    method: 'POST',
    path: ({ repository }) => `/v2/${repository}/blobs/uploads`,
    status: 202,
  },
  {
    name: 'POST whole blob',
    action: 'push',
    method: 'POST',
    path: ({ repository }) => `/v2/${repository}/blobs/uploads/?digest=${digestOf(NEW)}`,
    sent: () => ({ body: NEW, headers: octets }),
    status: 201,
  },
  {
    name: 'POST mount from the same repository',
    action: 'push',
    method: 'POST',
    path: ({ repository, blob }) =>
      `/v2/${repository}/blobs/uploads/?mount=${blob}&from=${repository}`,
    status: 201,
  },
  { name: 'GET upload', action: 'push', method: 'GET', path: ({ upload }) => upload, status: 204 },
  {
    name: 'PATCH upload',
    action: 'push',
    method: 'PATCH',
    path: ({ upload }) => upload,
    sent: () => ({ body: NEW, headers: octets }),
    status: 202,
  },
  {
    name: 'PUT upload',
    action: 'push',
    method: 'PUT',
    path: ({ upload }) => `${upload}?digest=${digestOf(NEW)}`,
    sent: () => ({ body: NEW, headers: octets }),
    status: 201,
  },
  {
    name: 'DELETE upload',
    action: 'push',
    method: 'DELETE',
    path: ({ upload }) => upload,
    status: 204,
  },
  {
    name: 'PUT manifest by tag',
    action: 'push',
    method: 'PUT',
    path: ({ repository }) => `/v2/${repository}/manifests/v2`,
    sent: ({ body }) => ({ body, headers: { 'content-type': MediaType.ociManifest } }),
    status: 201,
  },
  {
    name: 'PUT manifest by digest',
    action: 'push',
    method: 'PUT',
    path: ({ repository, manifest }) => `/v2/${repository}/manifests/${manifest}?tag=v3`,
    sent: ({ body }) => ({ body, headers: { 'content-type': MediaType.ociManifest } }),
    status: 201,
  },
  {
    name: 'DELETE tag',
    action: 'delete',
    method: 'DELETE',
    path: ({ repository }) => `/v2/${repository}/manifests/v1`,
    status: 202,
  },
  {
    name: 'DELETE manifest',
    action: 'delete',
    method: 'DELETE',
    path: ({ repository, manifest }) => `/v2/${repository}/manifests/${manifest}`,
    status: 202,
  },
  {
    name: 'DELETE blob',
    action: 'delete',
    method: 'DELETE',
    path: ({ repository, blob }) => `/v2/${repository}/blobs/${blob}`,
    status: 202,
  },
];

/** Fills a repository; the upload is begun by `uploader`. */
export async function filled(
  registry: ServedRegistry,
  repository: string,
  owner: Readonly<Record<string, string>>,
  uploader: Readonly<Record<string, string>> = owner,
): Promise<Content> {
  const push = async (text: string): Promise<Digest> => {
    const path = `/v2/${repository}/blobs/uploads/?digest=${digestOf(text)}`;
    const { status, text: said } = await registry.send('POST', path, {
      body: text,
      headers: owner,
    });
    if (status !== 201) throw new Error(`${status} ${said}`);
    return digestOf(text);
  };
  const config = await push('{}');
  const blob = await push(`layer of ${repository}`);
  const size = Buffer.byteLength(`layer of ${repository}`);
  const body = JSON.stringify({
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: { mediaType: MediaType.ociConfig, digest: config, size: 2 },
    layers: [{ mediaType: MediaType.ociLayer, digest: blob, size }],
  });
  await registry.send('PUT', `/v2/${repository}/manifests/v1`, {
    body,
    headers: { 'content-type': MediaType.ociManifest, ...owner },
  });
  const begun = await registry.send('POST', `/v2/${repository}/blobs/uploads/`, {
    headers: uploader,
  });
  const upload = String(begun.headers['location']);
  return { repository, blob, manifest: digestOf(body), body, upload };
}

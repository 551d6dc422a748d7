import type { KeyObject } from 'node:crypto';
import type { CallOptions } from '../../base/progress.ts';
import { CYCLONEDX_PREDICATE } from '../../sbom/cyclonedx.ts';
import { SPDX_PREDICATE } from '../../sbom/spdx.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { type Digest, digestOf } from '../../oci/digest.ts';
import { MediaType } from '../../oci/media-types.ts';
import { hostPlatform, type Platform } from '../../oci/platform.ts';
import {
  canonicalName,
  familiar,
  parseReference,
  type Reference,
  repositoryName,
  withDefaultTag,
} from '../../oci/reference.ts';
import type { Connections } from '../../registry/connection.ts';
import { putReferrer } from '../../registry/referrers.ts';
import { openRepository, type Repository } from '../../registry/repository.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Store } from '../../store/store.ts';
import { BUNDLE, bundleOf } from '../../trust/bundle.ts';
import { DSSE, signEnvelope } from '../../trust/dsse.ts';
import { readPrivateKey } from '../../trust/key-file.ts';
import type { Attested, AttestRequest } from '../attestation-types.ts';
import type { Images } from '../engine.ts';
import { remoteImage } from '../remote-image.ts';
import { addToList } from '../trust/tagged-list.ts';
import {
  attestationTag,
  BUNDLE_CONTENT,
  BUNDLE_TYPE,
  COSIGN_TYPE,
  PREDICATE_TYPE,
} from './places.ts';
import { statementAbout } from './statement.ts';

/** What attesting works with. */
export interface AttestParts {
  readonly store: Store;
  readonly images: Images;
  readonly snapshotter: () => Promise<Snapshotter>;
  readonly connections: () => Promise<Connections>;
  /** Of the program. */
  readonly version: string;
}

/** A predicate, and what it is about. */
interface Ready {
  readonly subject: Descriptor;
  readonly type: string;
  readonly bytes: Uint8Array;
  /** For messages. */
  readonly what: string;
}

/** See {@link Attestations.attest}. */
export async function attestRemote(
  parts: AttestParts,
  request: AttestRequest,
  call: CallOptions,
): Promise<Attested> {
  const { key: file, password, referrer = false, replace = false } = request;
  // A wrong key or password should not cost a list of packages.
  const key = file && (await readPrivateKey(file.pem, file.name, password));
  const reference = withDefaultTag(parseReference(request.name));
  const repository = openRepository(await parts.connections(), reference, { push: true });
  const ready = await readyOf(parts, repository, reference, request, call);
  const name = repositoryName(reference).replace(/^docker\.io\//, 'index.docker.io/');
  const place =
    key && !referrer
      ? await putUnderTag(repository, name, ready, key, replace, call)
      : await putBeside(repository, name, ready, key, call);
  return { digest: ready.subject.digest, predicateType: ready.type, place };
}

/** As cosign does: a signed envelope more under the tag of the image's attestations. */
async function putUnderTag(
  repository: Repository,
  name: string,
  { subject: { digest }, type, bytes, what }: Ready,
  key: KeyObject,
  replace: boolean,
  call: CallOptions,
): Promise<string> {
  const tag = attestationTag(digest);
  const statement = statementAbout({ name, digest }, type, bytes, what);
  const envelope = Buffer.from(JSON.stringify(signEnvelope(MediaType.inToto, statement, key)));
  const layer: Descriptor = {
    mediaType: DSSE,
    digest: digestOf(envelope),
    size: envelope.length,
    annotations: { 'dev.cosignproject.cosign/signature': '', [COSIGN_TYPE]: type },
  };
  const addition = {
    layer,
    bytes: envelope,
    has: (one: Descriptor) => one.digest === layer.digest,
    stays: ({ annotations }: Descriptor) => !replace || annotations?.[COSIGN_TYPE] !== type,
  };
  await addToList(repository, tag, addition, call);
  return `${repository.label}:${tag}`;
}

/** As an artifact that refers to the image: a bundle where it is signed, else the statement alone. */
async function putBeside(
  repository: Repository,
  name: string,
  { subject, type, bytes, what }: Ready,
  key: KeyObject | undefined,
  call: CallOptions,
): Promise<string> {
  const about = { name, digest: subject.digest };
  const artifact = key
    ? {
        artifactType: BUNDLE,
        layers: [
          {
            mediaType: BUNDLE,
            bytes: bundleOf(statementAbout(about, type, bytes, what, 'v1'), key),
          },
        ],
        annotations: { [BUNDLE_CONTENT]: 'dsse-envelope', [BUNDLE_TYPE]: type },
      }
    : {
        artifactType: MediaType.inToto,
        layers: [
          {
            mediaType: MediaType.inToto,
            bytes: statementAbout(about, type, bytes, what),
            annotations: { [PREDICATE_TYPE]: type },
          },
        ],
        annotations: { [PREDICATE_TYPE]: type },
      };
  const { digest } = await putReferrer(repository, subject, artifact, call);
  return `${repository.label}@${digest}`;
}

async function readyOf(
  parts: AttestParts,
  repository: Repository,
  reference: Reference,
  { predicate, platform }: AttestRequest,
  call: CallOptions,
): Promise<Ready> {
  if ('bytes' in predicate) {
    const subject =
      platform === undefined
        ? await repository.resolve(undefined, call)
        : (await remoteImage(repository, platform, call)).manifest.descriptor;
    return { subject, ...predicate, what: predicate.name };
  }
  const { sbom: format } = predicate;
  const wanted = platform ?? hostPlatform(process.arch);
  const { manifest, parsed } = await remoteImage(repository, wanted, call);
  const subject = manifest.descriptor;
  const { digest: id } = parsed.config;
  await fetchImage(parts, { ...reference, digest: subject.digest }, id, wanted, call);
  const { sbomOfRemote } = await import('./packages.ts');
  const document = await sbomOfRemote(
    { store: parts.store, snapshotter: await parts.snapshotter(), version: parts.version },
    { name: familiar(reference), id, digest: subject.digest },
    format,
    call,
  );
  const type = format === 'spdx-json' ? SPDX_PREDICATE : CYCLONEDX_PREDICATE;
  const bytes = Buffer.from(JSON.stringify(document));
  return { subject, type, bytes, what: 'the list of packages' };
}

/** Packages are read out of layers: those of an image that is not here are pulled. */
async function fetchImage(
  { store, images }: AttestParts,
  { tag: _tag, ...reference }: Reference,
  id: Digest,
  platform: Platform,
  call: CallOptions,
): Promise<void> {
  const isHere = store.read((tables) => {
    const row = tables.images.get(id);
    return row !== undefined && (row.chain === undefined || tables.layers.stack(row.chain));
  });
  if (!isHere) await images.pull({ name: canonicalName(reference), platform }, call);
}

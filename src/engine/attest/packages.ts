import { packagesOfLayers } from '../../build/output/layer-packages.ts';
import { sbomDocument } from '../../build/output/sbom.ts';
import { purl } from '../../build/output/subject.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Digest } from '../../oci/digest.ts';
import { InvalidReferenceError } from '../../oci/errors.ts';
import { familiar, parseReference } from '../../oci/reference.ts';
import type { Package, PackageList } from '../../sbom/package.ts';
import type { SbomFormat, SbomOptions } from '../attestation-types.ts';
import { type ImageWithSteps, wholeImage } from '../understand/steps.ts';
import type { UnderstandParts } from '../understand/explain.ts';

/** What lists of packages are made with. */
export interface SbomParts extends UnderstandParts {
  /** Of the program. */
  readonly version: string;
}

/** See {@link Attestations.packages}. */
export async function imagePackages(
  { store, snapshotter }: SbomParts,
  name: string,
  options: SbomOptions = {},
): Promise<readonly Package[]> {
  const found = wholeImage(store, name, options.platform);
  return (await packagesIn({ snapshotter }, found, options)).packages;
}

/** See {@link Attestations.document}. */
export async function imageSbom(
  { store, snapshotter, version }: SbomParts,
  name: string,
  format: SbomFormat,
  options: SbomOptions = {},
): Promise<object> {
  const found = wholeImage(store, name, options.platform);
  const list = await packagesIn({ snapshotter }, found, options);
  const { image } = found;
  const known = nameOf(name, image.id);
  return sbomDocument(format, list, {
    name: known ?? image.id,
    digest: image.manifest.digest,
    ...(known !== undefined && { purl: purl(known, image.platform) }),
    created: timeOf(image.createdAt, options.sourceDateEpoch),
    toolVersion: version,
  });
}

/** An image of the store as a registry has it. */
export interface RemoteSubject {
  readonly name: string;
  readonly id: Digest;
  /** Of its manifest there. */
  readonly digest: Digest;
}

/** A list of the packages in an image that was found in a registry, and is here too. */
export async function sbomOfRemote(
  { store, snapshotter, version }: SbomParts,
  { name, id, digest }: RemoteSubject,
  format: SbomFormat,
  call: CallOptions,
): Promise<object> {
  const found = wholeImage(store, id);
  const { image } = found;
  const list = await packagesIn({ snapshotter }, found, call);
  return sbomDocument(format, list, {
    name,
    digest,
    purl: purl(name, image.platform),
    created: timeOf(image.createdAt, undefined),
    toolVersion: version,
  });
}

async function packagesIn(
  { snapshotter }: Pick<SbomParts, 'snapshotter'>,
  { layers }: ImageWithSteps,
  call: CallOptions,
): Promise<PackageList> {
  const ids = layers.map(({ diffId }) => diffId);
  return packagesOfLayers(snapshotter, ids, call);
}

/** The name that was typed, where it is no piece of the ID. */
function nameOf(typed: string, id: string): string | undefined {
  if (id === typed || id.startsWith(`sha256:${typed}`)) return undefined;
  try {
    return familiar(parseReference(typed));
  } catch (error) {
    if (!(error instanceof InvalidReferenceError)) throw error;
    return undefined;
  }
}

/** When the image was made; never later than the epoch that is given, and always the same. */
function timeOf(createdAt: number | undefined, epoch: number | undefined): Date {
  const limit = epoch === undefined ? undefined : epoch * 1000;
  const time = createdAt ?? limit ?? 0;
  return new Date(Math.max(0, limit === undefined ? time : Math.min(time, limit)));
}

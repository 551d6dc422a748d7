import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { Platform } from '../oci/platform.ts';
import type { Snapshotter } from '../snapshot/snapshotter.ts';
import type { Lease, Store } from '../store/store.ts';
import type { LayerSupply } from '../transport/layer-supply.ts';
import type { Destination } from '../transport/transport.ts';
import type { LeakGuard } from './leaks/guard.ts';
import type { BuiltImage } from './output/compose.ts';
import type { Output, OutputAnnotation, ProvenanceOptions, SbomOptions } from './output/spec.ts';
import { publish } from './publish.ts';

/** What becomes of the result of a build; by default an image of the store. */
export interface OutputInput {
  readonly outputs?: readonly Output[];
  /** For every output that has room for them. */
  readonly annotations?: readonly OutputAnnotation[];
  readonly provenance?: ProvenanceOptions | undefined;
  /** Attach a list of packages. */
  readonly sbom?: SbomOptions | undefined;
  /** What is attached is pushed after the image, as something that refers to it, and makes no index. */
  readonly referrers?: boolean;
  /** Provenance that is told afterwards and not attached. */
  readonly describe?: ProvenanceOptions | undefined;
  /** Everything above the base image becomes one layer. */
  readonly squash?: boolean;
}

/** Where an image is pushed to: canonical name, then the place. */
export type OpenRegistry = (
  name: string,
  options: { readonly insecure: boolean; readonly byDigest: boolean },
) => Destination | Promise<Destination>;

/** What {@link finish} works with. */
export interface FinishParts {
  readonly store: Store;
  readonly snapshotter: Snapshotter;
  readonly lease: () => Lease;
  readonly registry?: OpenRegistry | undefined;
  /** Where layers can be had that are not in the store. */
  readonly supply?: LayerSupply | undefined;
  /** Looks at documents before they go out. */
  readonly guard?: Pick<LeakGuard, 'document'> | undefined;
}

/** A build whose steps are done. */
export interface FinishedBuild {
  /** One for each platform, in the order in which they were asked for. */
  readonly images: readonly BuiltImage[];
  /** Canonical. */
  readonly names: readonly string[];
  /** An index even for one platform. */
  readonly asIndex: boolean;
  /** Later times become this, in seconds since the epoch. */
  readonly clamp: number | undefined;
  /** What a statement of provenance is made of; asked for when there is to be one. */
  readonly provenance: () => import('./output/provenance.ts').BuildFacts;
}

/** What came out of a build, as one thing: an image or an index. */
export interface Finished {
  /** The image ID; of several platforms the digest of the index. */
  readonly id: Digest;
  readonly manifest: Descriptor;
  readonly images: readonly FinishedImage[];
}

/** The image for one platform. */
export interface FinishedImage {
  readonly platform: Platform;
  readonly id: Digest;
  readonly manifest: Descriptor;
  /** The predicate of its provenance, where there is one. */
  readonly provenance?: object;
}

/**
 * Whether the outputs of a build have to have its layers here. A push can take blobs from where
 * they are; what keeps or writes files cannot.
 */
export function needsLayers({ outputs, squash, sbom }: OutputInput): boolean {
  if (outputs === undefined || squash === true || sbom) return true;
  return outputs.some((output) => {
    if (output.type === 'cacheonly') return false;
    const isPush = output.type === 'image' && output.push === true && output.store === false;
    return !isPush || output.forceCompression === true;
  });
}

/** Puts what was built where it is to go. Throws OutputError. */
export async function finish(
  build: FinishedBuild,
  input: OutputInput,
  parts: FinishParts,
  call: CallOptions,
): Promise<Finished> {
  const finished = await written(build, input, parts, call);
  const { describe } = input;
  if (!describe || input.provenance) return finished;
  const { provenance } = await import('./output/provenance.ts');
  const facts = build.provenance();
  const images = finished.images.map((image, at) => ({
    ...image,
    provenance: provenance(facts, at, image.platform, describe),
  }));
  return { ...finished, images };
}

async function written(
  build: FinishedBuild,
  input: OutputInput,
  parts: FinishParts,
  call: CallOptions,
): Promise<Finished> {
  const [only, another] = build.images;
  const isPlain =
    another === undefined &&
    !build.asIndex &&
    input.outputs === undefined &&
    input.provenance === undefined &&
    input.sbom === undefined &&
    input.squash !== true &&
    (input.annotations ?? []).length === 0;
  if (only && isPlain) {
    const { config, solved: result, base, platform, steps } = only;
    const clamped = build.clamp !== undefined;
    const { id, manifest } = publish(
      { config, result, names: build.names, base, clamped, steps },
      parts,
      call,
    );
    return { id, manifest, images: [{ platform, id, manifest }] };
  }
  const { writeOutputs } = await import('./output/outputs.ts');
  return writeOutputs(build, input, parts, call);
}

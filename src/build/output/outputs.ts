import type { CallOptions } from '../../base/progress.ts';
import { encoded } from '../../oci/digest.ts';
import type { Claims } from './claims.ts';
import type { BuiltImage, Composed, ComposeOptions } from './compose.ts';
import { compose } from './compose.ts';
import type { FinishedBuild, Finished, FinishParts, OutputInput } from '../finish.ts';
import { purl } from './subject.ts';
import type { ImageOutputOptions, Output } from './spec.ts';

/** A build on its way out, as the outputs see it. */
export interface Work {
  readonly images: readonly BuiltImage[];
  /** Canonical. */
  readonly names: readonly string[];
  readonly asIndex: boolean;
  /** Seconds since the epoch. */
  readonly clamp: number | undefined;
  /** What is claimed of the images, where something is. */
  readonly claims: Claims | undefined;
  readonly input: OutputInput;
  readonly parts: FinishParts;
}

/**
 * Writes every output of a build, one after the other. What is told of the result afterwards
 * is what the last image output made, and rather one that was pushed. Throws OutputError.
 */
export async function writeOutputs(
  build: FinishedBuild,
  input: OutputInput,
  parts: FinishParts,
  call: CallOptions,
): Promise<Finished> {
  const work = await workOf(build, input, parts, call);
  const outputs = input.outputs ?? [{ type: 'image' }];
  let told: { readonly composed: Composed; readonly pushed: boolean } | undefined;
  for (const output of outputs) {
    const composed = await write(output, work, call);
    const pushed = output.type === 'image' && output.push === true;
    if (composed && (pushed || told?.pushed !== true)) told = { composed, pushed };
  }
  return finishedOf(told?.composed ?? (await composeFor(work, {}, [], 'uncompressed', call)), work);
}

async function workOf(
  build: FinishedBuild,
  input: OutputInput,
  parts: FinishParts,
  call: CallOptions,
): Promise<Work> {
  const { names, asIndex, clamp } = build;
  let { images } = build;
  if (input.squash === true) images = await squashedAll(build, parts, call);
  let claims: Claims | undefined;
  if (input.provenance || input.sbom) {
    const module = await import('./claims.ts');
    claims = await module.claimsOf(build, images, input, parts.snapshotter, call);
  }
  return { images, names, asIndex, clamp, claims, input, parts };
}

async function squashedAll(
  build: FinishedBuild,
  { store, snapshotter, lease }: FinishParts,
  call: CallOptions,
): Promise<BuiltImage[]> {
  const { squashed } = await import('./squash.ts');
  const now = build.clamp === undefined ? store.clock.now().getTime() : build.clamp * 1000;
  const { targets } = build.provenance();
  const images: BuiltImage[] = [];
  for (const [at, image] of build.images.entries()) {
    let root = targets[at];
    while (root?.base) root = root.base;
    const keep = root?.op.kind === 'image' ? root.op.layers.length : 0;
    images.push(await squashed(image, keep, { snapshotter, lease, now }, call));
  }
  return images;
}

/** Loaded by kind: most builds have one output, or none. */
async function write(output: Output, work: Work, call: CallOptions): Promise<Composed | undefined> {
  switch (output.type) {
    case 'local':
    case 'tar': {
      const { writeFiles } = await import('./files.ts');
      await writeFiles(output, work, call);
      return undefined;
    }
    case 'oci':
    case 'docker': {
      const { writeArchive } = await import('./archive.ts');
      return writeArchive(output, work, call);
    }
    case 'image': {
      const { writeImage } = await import('./image.ts');
      return writeImage(output, work, call);
    }
    case 'cacheonly':
      return undefined;
    default:
      return output satisfies never;
  }
}

/** The documents of a result for an output. */
export async function composeFor(
  work: Work,
  options: ImageOutputOptions,
  names: readonly string[],
  defaultCompression: ComposeOptions['defaultCompression'],
  call: CallOptions,
): Promise<Composed> {
  const { store, snapshotter, lease, supply, guard } = work.parts;
  const { annotations = [] } = work.input;
  const composed = await compose(
    work.images,
    {
      ...options,
      annotations: [...annotations, ...(options.annotations ?? [])],
      defaultCompression,
      asIndex: work.asIndex,
      ...(work.claims && { attest: attesting(work.claims, work, names) }),
      referrers: work.input.referrers === true,
    },
    { store, snapshotter, lease: lease(), supply },
    call,
  );
  if (guard) {
    for (const bytes of composed.documents.values()) {
      guard.document('what goes with the image (annotations, provenance)', bytes);
    }
  }
  return composed;
}

function attesting(
  claims: Claims,
  { images }: Work,
  names: readonly string[],
): NonNullable<ComposeOptions['attest']> {
  return (image, { digest }) => {
    const own = names.length > 0 ? names.map((name) => purl(name, image.platform)) : ['_'];
    const subjects = own.map((name) => ({ name, digest: { sha256: encoded(digest) } }));
    return claims.statements(images.indexOf(image), subjects);
  };
}

function finishedOf(composed: Composed, { claims }: Work): Finished {
  const [first] = composed.images;
  if (!first) throw new TypeError('a build has one image at least');
  return {
    // One image with attestations is still that image.
    id: composed.images.length === 1 ? first.id : composed.root.digest,
    manifest: composed.root,
    images: composed.images.map(({ image, id, manifest }, at) => ({
      platform: image.platform,
      id,
      manifest,
      ...(claims?.provenance[at] && { provenance: claims.provenance[at] }),
    })),
  };
}

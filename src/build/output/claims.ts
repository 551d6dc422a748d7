import type { CallOptions } from '../../base/progress.ts';
import type { Attestation } from '../../image/attestation.ts';
import { familiar, parseReference } from '../../oci/reference.ts';
import type { PackageList } from '../../sbom/package.ts';
import { SPDX_PREDICATE, spdxDocument } from '../../sbom/spdx.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { FinishedBuild, OutputInput } from '../finish.ts';
import type { BuiltImage } from './compose.ts';
import { packagesOfLayers } from './layer-packages.ts';
import { provenance, statementOf } from './provenance.ts';
import { inToto, type Subject } from './subject.ts';

/** A claim, with the name that it has as a file. */
export interface NamedClaim extends Attestation {
  /** `sbom.spdx.json`; `suffix` comes before `.json`. */
  readonly fileName: (suffix: string) => string;
}

/** What is claimed of the images of a build. */
export interface Claims {
  /** The provenance of each image, where there is one. */
  readonly provenance: readonly object[];
  /** All that is said of an image. `subjects` are what it is about: the image, or files. */
  readonly statements: (at: number, subjects: readonly Subject[]) => readonly NamedClaim[];
}

/** What the input asks to be claimed of images: lists of packages first, as BuildKit has them. */
export async function claimsOf(
  build: FinishedBuild,
  images: readonly BuiltImage[],
  { provenance: how, sbom }: Pick<OutputInput, 'provenance' | 'sbom'>,
  snapshotter: Snapshotter,
  call: CallOptions,
): Promise<Claims> {
  const facts = how && build.provenance();
  const predicates =
    how && facts ? images.map(({ platform }, at) => provenance(facts, at, platform, how)) : [];
  const lists: PackageList[] = [];
  for (const { solved } of sbom ? images : []) {
    lists.push(await packagesOfLayers(snapshotter, solved.layers, call));
  }
  return {
    provenance: predicates,
    statements(at, subjects) {
      const [image, list, predicate] = [images[at], lists[at], predicates[at]];
      const made: NamedClaim[] = [];
      if (sbom && image && list) {
        const document = spdxDocument(list, {
          name: build.names[0] === undefined ? 'image' : familiar(parseReference(build.names[0])),
          created: new Date(image.config.created ?? 0),
          toolVersion: sbom.toolVersion,
        });
        const fileName = (suffix: string): string => `sbom.spdx${suffix}.json`;
        made.push({ ...inToto(SPDX_PREDICATE, subjects, document), fileName });
      }
      if (how && predicate) {
        const fileName = (suffix: string): string => `provenance${suffix}.json`;
        made.push({ ...statementOf(predicate, subjects, how), fileName });
      }
      return made;
    },
  };
}

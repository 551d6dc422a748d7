import type { CallOptions } from '../../base/progress.ts';
import { imageFindings } from '../../build/result-lint/findings.ts';
import { ruleOf } from '../../dockerfile/lint/rule.ts';
import { parseConfig } from '../../oci/parse-config.ts';
import type { Platform } from '../../oci/platform.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Store } from '../../store/store.ts';
import type { OriginRow } from '../../store/tables.ts';
import type { ImageLintFinding } from '../audit-types.ts';
import { findIn } from './find.ts';

/**
 * What is doubtful in an image, whoever made it: the checks that a build makes of its result.
 * Throws ImageNotFoundError, AmbiguousImageError, PlatformNotFoundError.
 */
export function lintImage(
  name: string,
  { store, snapshotter }: { readonly store: Store; readonly snapshotter: Snapshotter },
  { platform }: CallOptions & { readonly platform?: Platform | undefined },
): ImageLintFinding[] {
  const { image, layers, origins } = store.read((tables) => {
    const { image } = findIn(tables, name, platform);
    const { chain } = image;
    return {
      image,
      layers: chain === undefined ? [] : (tables.layers.stack(chain) ?? []),
      origins: chain === undefined ? [] : tables.layers.origins(chain),
    };
  });
  const { config = {} } = parseConfig(store.blobs.readSync(image.id));
  const stack = layers.map(({ diffId }) => diffId);
  const how = { inherited: inheritedOf(origins), several: false };
  return imageFindings(config, stack, how, snapshotter).map(({ rule, detail, layer }) => {
    const origin = layer === undefined ? undefined : origins[layer];
    const diffId = layer === undefined ? undefined : stack[layer];
    return {
      ruleName: rule,
      description: ruleOf(rule).description,
      detail,
      ...(diffId !== undefined && { layer: diffId }),
      ...(origin?.file !== undefined &&
        origin.firstLine !== undefined && {
          origin: { file: origin.file, line: origin.firstLine },
        }),
    };
  });
}

/** How many layers are not of the Dockerfile that made the last one; undefined when none is known. */
function inheritedOf(origins: readonly (OriginRow | undefined)[]): number | undefined {
  const file = origins.at(-1)?.file;
  if (file === undefined) return undefined;
  return origins.findLastIndex((origin) => origin?.file !== file) + 1;
}

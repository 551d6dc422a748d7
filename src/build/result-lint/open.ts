import type { CallOptions } from '../../base/progress.ts';
import { digestOf } from '../../oci/digest.ts';
import { encodeConfig } from '../../oci/write-json.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Store } from '../../store/store.ts';
import type { DockerfileInput } from '../inputs.ts';
import type { NewImage } from './lint-result.ts';

/**
 * Checks the images of a build that the store does not have yet: of those that it has, all was
 * said when they were new, unless findings are errors. The checks are loaded when there is such an image. Throws
 * DockerfileError.
 */
export async function lintNew(
  images: readonly NewImage[],
  dockerfile: DockerfileInput,
  args: ReadonlyMap<string, string>,
  { store, snapshotter }: { readonly store: Store; readonly snapshotter: Snapshotter },
  call: CallOptions,
): Promise<void> {
  const check = args.get('BUILDKIT_DOCKERFILE_CHECK') ?? dockerfile.text;
  // Where a finding is to fail the build it does so each time.
  const always = check.includes('error=');
  const fresh = images.filter(({ config }) => {
    if (always) return true;
    const id = digestOf(encodeConfig(config));
    return !store.read((tables) => tables.images.get(id));
  });
  // Layers that nobody needed here are not fetched for this.
  const here = fresh.filter(({ layers }) =>
    store.read((tables) => layers.every((layer) => tables.layers.get(layer))),
  );
  if (here.length === 0) return;
  const { lintResults } = await import('./lint-result.ts');
  lintResults(here, dockerfile, args, snapshotter, call);
}

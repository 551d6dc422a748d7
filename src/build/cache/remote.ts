import type { CallOptions } from '../../base/progress.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { MountSelection } from './export-mounts.ts';
import type { MediaFamily } from '../../image/media-forms.ts';
import type { LayerForm } from '../../transport/compressed-layers.ts';
import type { Destination, Source } from '../../transport/transport.ts';

/** A cache elsewhere, to read. Its root is a cache manifest, an image, or an index of images. */
export interface CacheSource extends Source {
  /** Whether a blob is there; absent where asking costs as much as fetching. */
  has?(blob: Descriptor): boolean;
}

/** One `--cache-from`. */
export interface CacheOrigin {
  /** As it was typed, without what must not be shown. */
  readonly label: string;
  /** Throws a StaveError when there is no cache. */
  open(call: CallOptions): Promise<CacheSource>;
}

/** What a cache is written with. */
export interface CacheForm {
  /** Steps of the final image's stage only, or of all stages. */
  readonly mode: 'min' | 'max';
  readonly layers: LayerForm;
  readonly family: MediaFamily;
  /** An image manifest over all blobs, else an index of them. */
  readonly imageManifest: boolean;
}

/** One `--cache-to` that is not part of the image. */
export interface CacheTarget {
  readonly label: string;
  readonly form: CacheForm;
  /** Cache mounts that go with it; none unless given. */
  readonly mounts?: MountSelection | undefined;
  /** A failure is a warning. */
  readonly ignoreError: boolean;
  open(call: CallOptions): Promise<Destination>;
}

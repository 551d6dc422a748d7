/** The largest manifest, index or image config that is read, in bytes. */
export const DOCUMENT_LIMIT = 4 * 1024 * 1024;

/** The largest `manifest.json` of a Docker archive, in bytes. */
export const ARCHIVE_MANIFEST_LIMIT = 1024 * 1024;

/** The largest `oci-layout` file, in bytes. */
export const LAYOUT_FILE_LIMIT = 64 * 1024;

/** The most layers of one image. */
export const LAYER_COUNT_LIMIT = 500;

/** The most descriptors of one index. */
export const DESCRIPTOR_COUNT_LIMIT = 10_000;

/** The most entries of an index that an image is pulled out of. */
export const CHILD_COUNT_LIMIT = 1000;

/** The most places that a descriptor may name. */
export const URL_COUNT_LIMIT = 100;

/** The largest blob that a descriptor may announce, in bytes. */
export const BLOB_LIMIT = 256 * 1024 ** 3;

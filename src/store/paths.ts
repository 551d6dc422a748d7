import type { Digest, DiffId } from '../oci/digest.ts';
import { encoded } from '../oci/digest.ts';

/**
 * The one place that knows where things lie in a store. Layout, version 1:
 *
 *     FORMAT                  "1\n": refused when newer
 *     store.db                SQLite, WAL
 *     ballast                 space to make room with when the disk is full
 *     blobs/sha256/<hex>      blobs, whole
 *     ingest/<hash of key>    blobs being written, resumable unless the name begins with once-
 *     layers/<hex>/fs         a layer as an overlay directory
 *     layers/<hex>/files      its file table
 *     leases/<id>             lock files of running operations
 *     tmp/<lease>/            their scratch
 *     trash/                  what is being removed
 *     cache-mounts/<hex>/     RUN --mount=type=cache
 *     git/<hash of URL>/      repositories that builds fetch from, bare
 *     lists/<hash of name>    manifest lists that are being made
 *     containers/<id>/        bundle, upper, work, log of a container
 *     volumes/<name>/_data    what a volume holds
 *     run/                    run-time state where no /run directory is used
 */
export interface StorePaths {
  readonly root: string;
  readonly run: string;
  readonly format: string;
  readonly database: string;
  readonly ballast: string;
  readonly blobs: string;
  readonly ingest: string;
  readonly layers: string;
  readonly leases: string;
  readonly tmp: string;
  readonly trash: string;
  readonly cacheMounts: string;
  readonly containers: string;
  readonly volumes: string;
  readonly git: string;
  readonly lists: string;
  blob(digest: Digest): string;
  layer(diffId: DiffId): string;
  /** The overlay directory of a layer. */
  layerFs(diffId: DiffId): string;
  layerFiles(diffId: DiffId): string;
}

/** The layout below `root`, with run-time state in `run`. */
export function storePaths(root: string, run = `${root}/run`): StorePaths {
  const layer = (diffId: DiffId): string => `${root}/layers/${encoded(diffId)}`;
  return {
    root,
    run,
    format: `${root}/FORMAT`,
    database: `${root}/store.db`,
    ballast: `${root}/ballast`,
    blobs: `${root}/blobs`,
    ingest: `${root}/ingest`,
    layers: `${root}/layers`,
    leases: `${root}/leases`,
    tmp: `${root}/tmp`,
    trash: `${root}/trash`,
    cacheMounts: `${root}/cache-mounts`,
    containers: `${root}/containers`,
    volumes: `${root}/volumes`,
    git: `${root}/git`,
    lists: `${root}/lists`,
    blob: (digest) => `${root}/blobs/${digest.replace(':', '/')}`,
    layer,
    layerFs: (diffId) => `${layer(diffId)}/fs`,
    layerFiles: (diffId) => `${layer(diffId)}/files`,
  };
}

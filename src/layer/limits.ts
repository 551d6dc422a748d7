/**
 * Bounds for layers and archives from outside. They are far above what real images hold and
 * far below what a machine cannot bear, so that small inputs cannot ask for large work.
 */
export interface LayerLimits {
  /** Bytes of file content in one archive, holes of sparse files counted as written. */
  readonly unpackedBytes: number;
  /** How many times larger than its source content may be, once it is beyond `ratioFrom`. */
  readonly ratio: number;
  /** Unpacked bytes below which `ratio` is not looked at. */
  readonly ratioFrom: number;
  /**
   * Bytes that the archive comes as, compressed, where that is known: content that is announced
   * and could not pass under `ratio` is refused before it is read.
   */
  readonly sourceBytes?: number;
  /** Entries of one archive. */
  readonly entries: number;
  /** Bytes of one PAX header and of one sparse map; of all global PAX values together. */
  readonly paxBytes: number;
  /** Bytes of one path or link target. */
  readonly nameBytes: number;
  /** Bytes of one component of a path: what Linux file systems take. */
  readonly componentBytes: number;
  /** Extension headers (PAX, long names) before one entry. */
  readonly headerChain: number;
}

/** What is accepted unless somebody says otherwise. */
export const DEFAULT_LIMITS: LayerLimits = {
  unpackedBytes: 20 * 1024 ** 3,
  ratio: 1000,
  ratioFrom: 1024 ** 3,
  entries: 5_000_000,
  paxBytes: 1024 ** 2,
  nameBytes: 64 * 1024,
  componentBytes: 255,
  headerChain: 100,
};

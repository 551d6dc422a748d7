import type { CreateRequest } from '../create-request.ts';

/** How a log is kept from growing for ever. */
export interface LogRotation {
  /** Bytes after which a file is followed by the next one. */
  readonly size: number;
  /** So many files there are at most; 1 begins the file anew. */
  readonly files: number;
}

const SIZE = /^(\d+)([kmg]?)b?$/i;
const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };
/** Of `local`, unless it is told otherwise. */
const LOCAL = { size: 20 * 1024 ** 2, files: 5 };

/** Bytes of `10m`; undefined where that is no size. */
export function logSize(text: string): number | undefined {
  const [, amount, unit = ''] = SIZE.exec(text) ?? [];
  const bytes = Number(amount) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** The limits of a container's log; undefined where it has none. */
export function logLimits({ logDriver, logOptions = {} }: CreateRequest): LogRotation | undefined {
  if (logDriver === 'none') return undefined;
  const usual = logDriver === 'local' ? LOCAL : undefined;
  const { 'max-size': typed, 'max-file': files } = logOptions;
  const size = typed === undefined ? usual?.size : logSize(typed);
  if (size === undefined) return undefined;
  return { size, files: files === undefined ? (usual?.files ?? 1) : Number(files) };
}

/** What the helper has to see to; with one file the monitor does it alone. */
export function logRotation(settings: CreateRequest): LogRotation | undefined {
  const limits = logLimits(settings);
  return limits && limits.files > 1 ? limits : undefined;
}

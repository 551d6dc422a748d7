import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';

/** Milliseconds: what another program left is kept for this long; one in use writes every hour. */
const KEPT = 24 * 60 * 60 * 1000;

/**
 * A directory for compiled functions that nobody else can write to: what is in it is
 * executed. Undefined when there is none.
 */
export function compileCache(
  uid: number,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const home = env['XDG_CACHE_HOME'] || (env['HOME'] && `${env['HOME']}/.cache`);
  // Root's must not be a place that `sudo` took over from a user.
  const base = uid === 0 ? '/var/cache' : home;
  if (base === undefined || !base.startsWith('/')) return undefined;
  const path = `${base}/stave/node-${process.versions.node}`;
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const { uid: owner, mode } = lstatSync(path);
    return owner === uid && (mode & 0o077) === 0 ? path : undefined;
  } catch {
    // A read-only home, a full disk: it only was to be quick.
    return undefined;
  }
}

/**
 * Removes what programs of other digests, and processes that were killed, left in the
 * directory more than a day before `now` (milliseconds since the epoch).
 */
export function sweepCompileCache(directory: string, digest: string, now: number): void {
  for (const name of readdirSync(directory)) {
    if (name.endsWith(`-${digest}`)) continue;
    const path = `${directory}/${name}`;
    const { mtimeMs = now } = lstatSync(path, { throwIfNoEntry: false }) ?? {};
    if (now - mtimeMs > KEPT) rmSync(path, { recursive: true, force: true });
  }
}

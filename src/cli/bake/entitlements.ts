import { realpathSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { InvalidInputError, isErrno, UsageError } from '../../base/errors.ts';
import type { Grants } from '../../bake/overrides.ts';
import { linkOf, type Resolved, type ResolvedTarget } from '../../bake/resolve.ts';
import { isRemote } from './files.ts';
import { placeOf } from './request.ts';

/** What `--allow` grants. */
interface Allowed {
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** Everything that is not about files: `network.host`, `ssh`, `device=x`. */
  readonly words: ReadonlySet<string>;
}

const WORDS = ['network.host', 'security.insecure', 'ssh', 'buildx.local.delete', 'device'];
const IMAGES = ['image', 'image.push', 'image.load'];

function allowed(texts: readonly string[]): Allowed {
  const [read, write]: [string[], string[]] = [[], []];
  const words = new Set<string>();
  for (const text of texts) {
    const at = text.indexOf('=');
    const [key, value] = at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
    if (key === 'fs' || key === 'fs.read') read.push(value);
    if (key === 'fs' || key === 'fs.write') write.push(value);
    if (WORDS.includes(key)) words.add(text);
    else if (!/^fs(?:\.read|\.write)?$/.test(key) && !IMAGES.includes(key)) {
      throw new UsageError(`unknown entitlement key ${JSON.stringify(key)}`, {
        hint: 'It is fs, fs.read, fs.write, network.host, security.insecure, ssh or device.',
      });
    }
  }
  return { read, write, words };
}

/** Whom and where the check is for. */
export interface Place {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Refuses targets that read or write outside of the working directory, or that want more than a
 * build has, when nobody allowed it. Throws InvalidInputError, UsageError.
 */
export function checkEntitlements(
  { targets, grants }: Resolved,
  texts: readonly string[],
  { cwd, env }: Place,
): void {
  const { read, write, words } = allowed(texts);
  const missing = new Set<string>();
  const checksFiles = !/^(?:0|f|false)$/i.test(env['BUILDX_BAKE_ENTITLEMENTS_FS'] ?? '');
  for (const target of targets.values()) {
    for (const entitlement of target.fields.entitlements ?? []) {
      if (!isGranted(entitlement, words, grants)) missing.add(entitlement);
    }
    if (!checksFiles) continue;
    const outside = (paths: readonly string[], granted: readonly string[]): string[] =>
      outsideOf(paths, [cwd, ...granted], cwd);
    for (const path of outside(readBy(target), [...read, ...grants.read]))
      missing.add(`fs.read=${path}`);
    for (const path of outside(writtenBy(target), [...write, ...grants.write]))
      missing.add(`fs.write=${path}`);
    const wantsAgent = target.fields.ssh?.some(({ paths }) => paths.length === 0) === true;
    if (wantsAgent && !words.has('ssh')) missing.add('ssh');
  }
  if (missing.size === 0) return;
  throw new InvalidInputError(`additional privileges requested: ${[...missing].join(', ')}`, {
    hint: `Pass ${[...missing].map((one) => `--allow=${one}`).join(' ')} to grant them.`,
  });
}

function isGranted(entitlement: string, words: ReadonlySet<string>, grants: Grants): boolean {
  if (entitlement === 'network.host' && grants.networkHost) return true;
  if (entitlement === 'security.insecure' && grants.securityInsecure) return true;
  return words.has(entitlement) || (entitlement.startsWith('device=') && words.has('device'));
}

function readBy({ fields }: ResolvedTarget): string[] {
  const context = fields.context ?? '.';
  const dockerfile = fields.dockerfile ?? 'Dockerfile';
  const caches = (fields['cache-from'] ?? []).filter((one) => one.get('type') === 'local');
  const inContext = fields['dockerfile-inline'] === undefined && !isRemote(context);
  return [
    ...[context, ...(fields.contexts?.values() ?? [])].flatMap(localPath),
    ...(dockerfile.startsWith('cwd://')
      ? [placeOf(dockerfile)]
      : inContext
        ? [
            resolve('/', placeOf(context), dockerfile) === dockerfile
              ? dockerfile
              : join(placeOf(context), dockerfile),
          ]
        : []),
    ...caches.flatMap((one) => one.get('src') ?? []),
    ...(fields.secret ?? []).flatMap(({ src }) => src ?? []),
    ...(fields.ssh ?? []).flatMap(({ paths }) => paths),
  ];
}

function writtenBy({ fields }: ResolvedTarget): string[] {
  const outputs = (fields.output ?? [])
    .flatMap((one) => one.get('dest') ?? [])
    .filter((dest) => dest !== '-');
  const caches = (fields['cache-to'] ?? []).filter((one) => one.get('type') === 'local');
  return [...outputs, ...caches.flatMap((one) => one.get('dest') ?? [])];
}

function localPath(place: string): string[] {
  if (isRemote(place) || linkOf(place) !== undefined || place.startsWith('docker-image:'))
    return [];
  return [placeOf(place.replace(/^oci-layout:\/\//, '').replace(/@sha256:.*$/, ''))];
}

/** Paths that lie in none of the granted directories, as they are seen from here. */
function outsideOf(paths: readonly string[], granted: readonly string[], cwd: string): string[] {
  if (granted.includes('*')) return [];
  const roots = granted.map((one) => real(resolve(cwd, one)));
  const here = real(cwd);
  return paths
    .map((path) => real(resolve(cwd, path)))
    .filter(
      (path) =>
        !roots.some((root) => path === root || path.startsWith(root === '/' ? root : root + sep)),
    )
    .map((path) => relative(here, path));
}

/** Without links; of what is not there yet, the nearest directory that is. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
    return path === dirname(path)
      ? path
      : join(real(dirname(path)), path.slice(dirname(path).length));
  }
}

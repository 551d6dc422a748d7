import type { CallOptions } from '../base/progress.ts';
import { BaseNotFoundError } from '../build/errors.ts';
import type { ResolveBase } from '../build/frontend/bases.ts';
import type { BaseImage } from '../build/frontend/frontend-types.ts';
import { matchesPlatform, type Platform } from '../oci/platform.ts';
import { canonicalName, parseReference, type Reference, withDefaultTag } from '../oci/reference.ts';
import { isNewUse } from '../store/record-event.ts';
import type { Store } from '../store/store.ts';
import type { ImageRow } from '../store/tables.ts';
import type { LayerSupply } from '../transport/layer-supply.ts';
import { findBase } from './find-base.ts';
import { findMember } from './images/find.ts';
import { lazy } from './lazy.ts';
import type { BasesParts, RemoteBases } from './remote-bases.ts';

/** Looks up the base images of one build. Leaving the scope stores those that were fetched whole. */
export interface Bases extends AsyncDisposable {
  /** Throws BaseNotFoundError, and what the registry's client throws. */
  readonly resolver: (supply: LayerSupply) => ResolveBase;
}

/**
 * The base images of one build. Those of the store come first; others are asked for where their
 * names say. With `pull` the registry counts, whatever the store has.
 */
export function basesOf(parts: BasesParts, pull: boolean, call: CallOptions): Bases {
  const { store } = parts;
  let remote: RemoteBases | undefined;
  const used: ImageRow[] = [];
  // A build whose bases are here loads nothing of registries.
  const remoteBases = lazy(async () => {
    const module = await import('./remote-bases.ts');
    return (remote ??= new module.RemoteBases(parts, call));
  });
  return {
    resolver: (supply) => (name, platform) => {
      const local = localBase(store, name, platform);
      const reference = remoteName(name);
      if ('base' in local && !local.isOther && !(pull && reference)) {
        used.push(findMember(store, name, platform));
        return local.base;
      }
      if (!reference) throw 'error' in local ? local.error : new BaseNotFoundError(name);
      return remoteBases()
        .then((bases) => bases.find({ name, reference, platform, supply }))
        .catch((error: unknown) => {
          // An image for another machine is better than none; the build warns of it.
          if ('base' in local && !pull) return local.base;
          throw error;
        });
    },
    async [Symbol.asyncDispose]() {
      noteUses(store, used);
      await remote?.keep();
    },
  };
}

/** Remembers that images were built on. A build right after another one writes nothing. */
function noteUses(store: Store, used: readonly ImageRow[]): void {
  const now = store.clock.now().getTime();
  const news = used.filter(({ usedAt }) => isNewUse(usedAt, now));
  if (news.length === 0) return;
  store.note(({ images }) => {
    for (const { id } of news) images.use(id, now);
  });
}

/** What the store has; `isOther`: made for another machine, where a registry may have more. */
function localBase(
  store: Store,
  name: string,
  platform: Platform,
): { readonly base: BaseImage; readonly isOther: boolean } | { readonly error: unknown } {
  try {
    const base = findBase(store, name, platform);
    const fits = matchesPlatform(platform, base.platform);
    return { base, isOther: !fits && isFromRegistry(store, name) };
  } catch (error) {
    if (!(error instanceof BaseNotFoundError)) throw error;
    return { error };
  }
}

/** The name to ask a registry for; undefined for what can only be an ID. */
function remoteName(name: string): Reference | undefined {
  if (/^(?:sha256:)?[0-9a-f]{64}$/.test(name) || name.startsWith('sha256:')) return undefined;
  return withDefaultTag(parseReference(name));
}

/** True when the image that has the name was pulled. */
function isFromRegistry(store: Store, name: string): boolean {
  const reference = remoteName(name);
  if (!reference) return false;
  return store.read(({ images }) => {
    const row = images.named(canonicalName(reference));
    return row !== undefined && images.names(row.image).some((one) => one.name.includes('@'));
  });
}

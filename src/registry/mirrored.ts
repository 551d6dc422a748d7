import type { Bytes } from '../base/bytes.ts';
import { StaveError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import { reporter } from '../base/reporter.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { isDigest } from '../oci/digest.ts';
import type { RemoteManifest } from './manifests.ts';
import type { Repository } from './repository.ts';
import type { Place } from './rules.ts';

/** A repository at a mirror. */
export interface Mirror {
  readonly place: Place;
  readonly repository: Pick<Repository, 'resolve' | 'getManifest' | 'referrers'> & {
    /** From an offset on. */
    blobFrom(node: Descriptor, offset: number, call: CallOptions): Bytes;
  };
}

/**
 * A repository that is read from mirrors first, and from its own registry when they have not
 * got it or do not answer. What they give is checked like anything else; they are shown their own
 * credentials, never those for the registry.
 */
export function mirrored(
  mirrors: readonly Mirror[],
  origin: Repository & Mirror['repository'],
): Repository {
  const first = async <T>(
    wanted: string,
    call: CallOptions,
    ask: (from: Mirror['repository'], mirror?: string) => Promise<T>,
  ): Promise<T> => {
    for (const { place, repository } of mirrors) {
      if (place.by !== 'all' && (place.by === 'digest') !== isDigest(wanted)) continue;
      try {
        return await ask(repository, place.registry);
      } catch (error) {
        passOver(place, error, call);
      }
    }
    return ask(origin);
  };
  const wantedOf = (tag: string | undefined): string =>
    tag ?? origin.reference.digest ?? origin.reference.tag ?? '';
  return {
    reference: origin.reference,
    label: origin.label,
    registry: origin.registry,
    resolve: (tag, call = {}) => first(wantedOf(tag), call, (from) => from.resolve(tag, call)),
    getManifest: (tag, call = {}): Promise<RemoteManifest> =>
      first(wantedOf(tag), call, async (from, mirror) => {
        const manifest = await from.getManifest(tag, call);
        return mirror === undefined ? manifest : { ...manifest, mirror };
      }),
    async referrers(subject, options = {}) {
      for (const { place, repository } of mirrors) {
        if (place.by === 'tag') continue;
        try {
          const found = await repository.referrers(subject, options);
          // A mirror need not have what was said about an image later.
          if (found.length > 0) return found;
        } catch (error) {
          passOver(place, error, options);
        }
      }
      return origin.referrers(subject, options);
    },
    async *getBlob(node, call = {}) {
      let offset = 0;
      for (const { place, repository } of mirrors) {
        if (place.by === 'tag') continue;
        try {
          for await (const chunk of repository.blobFrom(node, offset, call)) {
            yield chunk;
            offset += chunk.length;
          }
          if (offset >= node.size) return;
        } catch (error) {
          passOver(place, error, call);
        }
      }
      yield* origin.blobFrom(node, offset, call);
    },
    deleteManifest: (tag, call) => origin.deleteManifest(tag, call),
    putManifest: (...put) => origin.putManifest(...put),
    putTags: (...put) => origin.putTags(...put),
    hasBlob: (...has) => origin.hasBlob(...has),
    putBlob: (...put) => origin.putBlob(...put),
    tags: (call) => origin.tags(call),
    history: (options) => origin.history(options),
  };
}

/** A mirror that fails is worth a word, and no more. Bugs and wishes to stop are not its doing. */
function passOver({ registry }: Place, error: unknown, { signal, progress }: CallOptions): void {
  if (signal?.aborted || !(error instanceof StaveError)) throw error;
  if (error.code === 'REMOTE_NOT_FOUND') return;
  reporter(progress).warn({
    code: 'MirrorFailed',
    message: `the mirror ${registry} is passed over: ${error.message}`,
  });
}

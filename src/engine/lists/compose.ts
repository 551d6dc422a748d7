import type { Descriptor } from '../../oci/descriptor.ts';
import { digestOf } from '../../oci/digest.ts';
import type { Index } from '../../oci/manifest.ts';
import { MediaType } from '../../oci/media-types.ts';
import { encodeManifest } from '../../oci/write-json.ts';
import type { RemoteManifest } from '../../registry/manifests.ts';
import type { ListMember } from '../list-types.ts';

const DOCKERS: readonly string[] = [MediaType.dockerManifest, MediaType.dockerIndex];

/**
 * The index over some members, each once: in Docker's form where all of them are in Docker's
 * form and there is nothing that it has no place for, otherwise in OCI's.
 */
export function composeIndex(
  members: readonly ListMember[],
  annotations: Readonly<Record<string, string>> = {},
): RemoteManifest {
  const entries = [...unique(members).values()];
  const isAnnotated = Object.keys(annotations).length > 0;
  const isDocker =
    !isAnnotated &&
    entries.length > 0 &&
    entries.every((one) => DOCKERS.includes(one.mediaType) && one.annotations === undefined);
  const index: Index = {
    schemaVersion: 2,
    mediaType: isDocker ? MediaType.dockerIndex : MediaType.ociIndex,
    manifests: entries,
    ...(isAnnotated && { annotations }),
  };
  const bytes = encodeManifest(index);
  const { mediaType = MediaType.ociIndex } = index;
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}

/** By digest; what comes later adds what the earlier one left open. */
function unique(members: readonly ListMember[]): ReadonlyMap<string, Descriptor> {
  const entries = new Map<string, Descriptor>();
  for (const { from: _, ...entry } of members) {
    const before = entries.get(entry.digest);
    const annotations = { ...before?.annotations, ...entry.annotations };
    entries.set(entry.digest, {
      ...entry,
      ...before,
      ...(Object.keys(annotations).length > 0 && { annotations }),
    });
  }
  return entries;
}

import { InvalidInputError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import { isAttestation, REFERENCE_DIGEST } from '../../image/attestation.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { parseJson } from '../../oci/json.ts';
import { DOCUMENT_LIMIT } from '../../oci/limits.ts';
import { parseDescriptor } from '../../oci/parse-manifest.ts';
import { formatPlatform, matchesPlatform, type Platform } from '../../oci/platform.ts';
import {
  canonicalName,
  parseReference,
  type Reference,
  repositoryName,
  withDefaultTag,
} from '../../oci/reference.ts';
import type { Connections } from '../../registry/connection.ts';
import { RemoteNotFoundError } from '../../registry/errors.ts';
import type { RemoteManifest } from '../../registry/manifests.ts';
import type { Combined, CombineRequest, ListMember } from '../list-types.ts';
import { composeIndex } from './compose.ts';
import { type Members, membersOf } from './members.ts';
import { pushIndex } from './push-index.ts';

/**
 * Puts images of registries under new names as one index; a single index, with nothing to
 * change, stays the index that it is.
 *
 * @see https://docs.docker.com/reference/cli/docker/buildx/imagetools/create/
 */
export async function combine(
  connections: Connections,
  request: CombineRequest,
  call: CallOptions,
): Promise<Combined> {
  const targets = (request.tags ?? []).map((tag) => withDefaultTag(parseReference(tag)));
  const found = await gather(connections, request, targets[0], call);
  const chosen = chosenOf(
    found.flatMap(({ members }) => members),
    request,
  );
  if (chosen.length === 0) throw new InvalidInputError('there is nothing to put into the index');
  const root = asItIs(found, chosen, request) ?? composeIndex(chosen, request.annotations);
  for (const repository of Map.groupBy(targets, repositoryName).values()) {
    await pushIndex(connections, { root, members: chosen }, repository, call);
  }
  return { root: root.descriptor, bytes: root.bytes, tags: targets.map(canonicalName) };
}

async function gather(
  connections: Connections,
  { sources, append = false }: CombineRequest,
  target: Reference | undefined,
  call: CallOptions,
): Promise<Members[]> {
  const found: Members[] = [];
  if (append) {
    if (!target) throw new InvalidInputError('--append needs a tag to append to');
    const before = await membersOf(connections, canonicalName(target), call).catch(
      (error: unknown) => {
        if (error instanceof RemoteNotFoundError) return undefined;
        throw error;
      },
    );
    if (before) found.push(before);
  }
  const names = sources.filter((one) => !isDescriptor(one));
  for (const name of names) found.push(await membersOf(connections, name, call));
  // A descriptor says what, not where.
  const home = names[0] === undefined ? target : parseReference(names[0]);
  for (const text of sources.filter(isDescriptor)) {
    if (!home) throw new InvalidInputError('a descriptor needs a tag, or a name beside it');
    const value = parseJson(Buffer.from(text), DOCUMENT_LIMIT, 'the descriptor');
    const descriptor = parseDescriptor(value, 'the descriptor');
    const name = `${repositoryName(home)}@${descriptor.digest}`;
    const there = await membersOf(connections, name, call);
    found.push(there.index ? there : { ...there, members: [{ ...descriptor, from: name }] });
  }
  return found;
}

function isDescriptor(source: string): boolean {
  return source.trimStart().startsWith('{');
}

/** Those for the platforms, with what is said about them, annotated. Throws InvalidInputError. */
function chosenOf(
  members: readonly ListMember[],
  { platforms = [], entryAnnotations = [] }: CombineRequest,
): ListMember[] {
  const fits = (member: Descriptor, platform: Platform): boolean =>
    member.platform !== undefined && matchesPlatform(platform, member.platform);
  for (const platform of platforms) {
    if (members.some((member) => fits(member, platform))) continue;
    throw new InvalidInputError(`none of the sources is for ${formatPlatform(platform)}`);
  }
  const images = members.filter(
    (member) =>
      !isAttestation(member) &&
      (platforms.length === 0 || platforms.some((platform) => fits(member, platform))),
  );
  const kept = new Set<string>(images.map(({ digest }) => digest));
  const about = ({ annotations }: Descriptor): boolean =>
    platforms.length === 0 || kept.has(annotations?.[REFERENCE_DIGEST] ?? '');
  return members
    .filter((member) => images.includes(member) || (isAttestation(member) && about(member)))
    .map((member) => {
      const own = entryAnnotations.filter(
        ({ platform }) =>
          !isAttestation(member) && (platform === undefined || fits(member, platform)),
      );
      if (own.length === 0) return member;
      const added = Object.fromEntries(own.map(({ key, value }) => [key, value]));
      return { ...member, annotations: { ...member.annotations, ...added } };
    });
}

/** The one source, when nothing of it is to be changed. */
function asItIs(
  found: readonly Members[],
  chosen: readonly ListMember[],
  { annotations = {}, entryAnnotations = [], preferIndex = true }: CombineRequest,
): RemoteManifest | undefined {
  const [only] = found;
  const isChanged = Object.keys(annotations).length > 0 || entryAnnotations.length > 0;
  if (!only || found.length > 1 || isChanged || chosen.length < only.members.length) {
    return undefined;
  }
  return only.index || !preferIndex ? only.root : undefined;
}

import { collect, once } from '../base/bytes.ts';
import { shownName } from '../layer/errors.ts';
import { digestOf } from '../oci/digest.ts';
import type { History, ImageConfig } from '../oci/image-config.ts';
import { Fields, parseJson } from '../oci/json.ts';
import { DOCUMENT_LIMIT, LAYER_COUNT_LIMIT } from '../oci/limits.ts';
import { MediaType } from '../oci/media-types.ts';
import { parseConfig } from '../oci/parse-config.ts';
import { encodeConfig } from '../oci/write-json.ts';
import type { ArchiveMembers } from './archive-members.ts';
import {
  type ArchivedImage,
  canonicalRepoTag,
  type LayerPart,
  layerParts,
  madeImage,
} from './archived-image.ts';
import { InvalidArchiveError } from './errors.ts';
import { plain } from './plain.ts';

/** A held layer is small, and so is what it may unpack to. */
const SMALL_LAYER_LIMIT = 64 * 1024 * 1024;

/** Layers of all images together, those that several have counted for each. */
const STEP_LIMIT = 200_000;

/** One layer of the old form: a directory named by an ID, with `json` and `layer.tar`. */
interface LegacyLayer {
  readonly id: string;
  readonly fields: Fields;
}

/**
 * The images of an archive as Docker wrote them before 1.10, found by `repositories`: each
 * layer is an image of its own that names its parent. Undefined when the archive is none.
 */
export async function legacyArchiveImages(
  members: ArchiveMembers,
): Promise<readonly ArchivedImage[] | undefined> {
  const data = members.document('repositories');
  if (!data) return undefined;
  const repositories = new Fields(parseJson(data, DOCUMENT_LIMIT, 'repositories'), 'repositories');
  const names = new Map<string, string[]>();
  for (const repository of Object.keys(repositories.json)) {
    const tags = repositories.optionalTextMap(repository) ?? {};
    for (const [tag, id] of Object.entries(tags)) {
      names.set(id, [...(names.get(id) ?? []), canonicalRepoTag(`${repository}:${tag}`)]);
    }
  }
  const images: ArchivedImage[] = [];
  let steps = 0;
  for (const [id, own] of names) {
    const stack = lineage(members, id);
    steps += stack.length;
    if (steps > STEP_LIMIT) {
      throw new InvalidArchiveError(`the images of the archive have over ${STEP_LIMIT} layers`);
    }
    images.push(await legacyImage(members, stack, own));
  }
  return images;
}

async function legacyImage(
  members: ArchiveMembers,
  stack: readonly LegacyLayer[],
  names: readonly string[],
): Promise<ArchivedImage> {
  const parts: LayerPart[] = [];
  const diffIds: string[] = [];
  for (const layer of stack) {
    const name = `${layer.id}/layer.tar`;
    const part = layerParts(members, [name], [])[0]!;
    parts.push(part);
    diffIds.push(await members.once(`diff ${name}`, () => diffIdOf(members, name, part)));
  }
  const data = encodeConfig(configOf(stack, diffIds));
  // The fields come from outside: checked as those of any other config.
  parseConfig(data);
  return madeImage({
    config: { mediaType: MediaType.ociConfig, digest: digestOf(data), size: data.length },
    data,
    layers: parts,
    names,
  });
}

/** A layer and those it stands on, bottom first. Parents that go round in circles are refused. */
function lineage(members: ArchiveMembers, top: string): LegacyLayer[] {
  const stack = new Map<string, LegacyLayer>();
  let id: string | undefined = top;
  while (id !== undefined) {
    if (!/^[0-9a-f]{64}$/.test(id)) {
      throw new InvalidArchiveError(`the archive names a layer ${shown(id)}, which is no layer ID`);
    }
    if (stack.has(id))
      throw new InvalidArchiveError('the layers of the archive stand on themselves');
    if (stack.size === LAYER_COUNT_LIMIT) {
      throw new InvalidArchiveError(`an image of the archive has over ${LAYER_COUNT_LIMIT} layers`);
    }
    const name: string = `${id}/json`;
    const data = members.document(name);
    if (!data) throw new InvalidArchiveError(`${shown(name)} is not in the archive`);
    const fields = members.once(`json ${name}`, () => fieldsOf(data, shown(name)));
    stack.set(id, { id, fields });
    const parent = fields.optionalText('parent');
    id = parent === '' ? undefined : parent;
  }
  return [...stack.values()].reverse();
}

function fieldsOf(data: Uint8Array, what: string): Fields {
  return new Fields(parseJson(data, DOCUMENT_LIMIT, what), what);
}

async function diffIdOf(members: ArchiveMembers, name: string, part: LayerPart): Promise<string> {
  const member = members.get(name);
  if (member?.kind === 'layer') {
    if ('failure' in member.layer.result) throw member.layer.result.failure;
    return member.layer.result.diffId;
  }
  if (!part.data) return part.descriptor.digest;
  return digestOf(await collect(await plain(once(part.data)), SMALL_LAYER_LIMIT));
}

/** Today's config of an image whose layers each told their own part. */
function configOf(stack: readonly LegacyLayer[], diffIds: readonly string[]): ImageConfig {
  const top = stack.at(-1)?.fields;
  const text = (key: string): string | undefined => top?.optionalText(key);
  const created = text('created');
  const author = text('author');
  const config = top?.optionalFields('config')?.json;
  return {
    architecture: text('architecture') ?? '',
    os: text('os') ?? '',
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: stack.map(({ fields }) => historyOf(fields)),
    ...(created !== undefined && { created }),
    ...(author !== undefined && { author }),
    ...(config && { config }),
  };
}

function historyOf(fields: Fields): History {
  const created = fields.optionalText('created');
  const author = fields.optionalText('author');
  const comment = fields.optionalText('comment');
  const command = fields.optionalFields('container_config')?.optionalTexts('Cmd', 10_000);
  return {
    ...(created !== undefined && { created }),
    ...(command && { created_by: command.join(' ') }),
    ...(author !== undefined && { author }),
    ...(comment !== undefined && { comment }),
  };
}

function shown(text: string): string {
  return shownName(Buffer.from(text));
}

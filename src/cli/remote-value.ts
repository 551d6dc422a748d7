import type { RemoteDetails } from '../engine/registry-types.ts';
import { fromJson, type Struct, type Value } from './template/values.ts';

/** Go's names of the members that templates ask for; what is not here is asked for as it is written. */
const FIELDS: ReadonlyMap<string, string> = new Map([
  ['schemaVersion', 'SchemaVersion'],
  ['mediaType', 'MediaType'],
  ['artifactType', 'ArtifactType'],
  ['digest', 'Digest'],
  ['size', 'Size'],
  ['platform', 'Platform'],
  ['annotations', 'Annotations'],
  ['manifests', 'Manifests'],
  ['architecture', 'Architecture'],
  ['os', 'OS'],
  ['os.version', 'OSVersion'],
  ['os.features', 'OSFeatures'],
  ['variant', 'Variant'],
  ['created', 'Created'],
  ['author', 'Author'],
  ['config', 'Config'],
  ['rootfs', 'RootFS'],
  ['type', 'Type'],
  ['diff_ids', 'DiffIDs'],
  ['history', 'History'],
  ['created_by', 'CreatedBy'],
  ['comment', 'Comment'],
  ['empty_layer', 'EmptyLayer'],
]);

/** Members that are maps of the user's, not structures. */
const MAPS: ReadonlySet<string> = new Set(['annotations', 'Labels', 'ExposedPorts', 'Volumes']);

/** What `imagetools inspect --format` works with: the names of buildx. */
export function remoteValue({ name, manifest, image, provenance, sbom }: RemoteDetails): Struct {
  const members: readonly (readonly [key: string, field: string, value: Value])[] = [
    ['name', 'Name', name],
    ['manifest', 'Manifest', named(manifest)],
    ['image', 'Image', images(image)],
    ['provenance', 'Provenance', fromJson(provenance ?? null)],
    ['sbom', 'SBOM', fromJson(sbom ?? null)],
  ];
  const given = members.filter(([, , value]) => value !== null);
  return {
    kind: 'struct',
    type: 'imagetools.inspection',
    fields: new Map(members.map(([, field, value]) => [field, value])),
    json: given.map(([key, field]) => ({ key, field })),
  };
}

/** One config, or configs by platform. */
function images(image: unknown): Value {
  if (typeof image !== 'object' || image === null) return null;
  if ('rootfs' in image || 'architecture' in image) return named(image);
  return new Map(Object.entries(image).map(([platform, config]) => [platform, named(config)]));
}

/** A JSON value whose members answer to Go's names and to their own. */
function named(value: unknown): Value {
  if (Array.isArray(value)) return value.map(named);
  if (typeof value !== 'object' || value === null) return fromJson(value);
  const members = Object.entries(value).map(
    ([key, member]) => [key, MAPS.has(key) ? fromJson(member) : named(member)] as const,
  );
  return {
    kind: 'struct',
    type: 'struct',
    fields: new Map(
      members.flatMap(([key, member]): (readonly [string, Value])[] => [
        [key, member],
        [FIELDS.get(key) ?? key, member],
      ]),
    ),
    json: members.map(([key]) => ({ key, field: key })),
  };
}

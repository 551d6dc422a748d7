import type { ImageIndex, IndexEntry } from '../engine/image-index.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Platform } from '../oci/platform.ts';
import { int64, struct, type Struct, type Value } from './template/values.ts';

/** A descriptor as JSON shows it. */
export function descriptorJson(descriptor: Descriptor): Readonly<Record<string, unknown>> {
  const { mediaType, digest, size, annotations, platform, artifactType } = descriptor;
  return {
    mediaType,
    digest,
    size,
    ...(annotations && { annotations }),
    ...(platform && { platform: platformJson(platform) }),
    ...(artifactType !== undefined && { artifactType }),
  };
}

/** The members in the order of Go's struct. */
function platformJson(platform: Platform): Readonly<Record<string, unknown>> {
  const { architecture, os, variant } = platform;
  const [version, features] = [platform['os.version'], platform['os.features']];
  return {
    architecture,
    os,
    ...(version !== undefined && { 'os.version': version }),
    ...(features && { 'os.features': features }),
    ...(variant !== undefined && { variant }),
  };
}

/** `Manifests` of `image inspect`: what an index lists, and what of it is here. */
export function manifestsJson({ entries }: ImageIndex): Readonly<Record<string, unknown>>[] {
  return entries.map((entry) => {
    const { descriptor, kind, available, content, unpacked = 0, about, containers } = entry;
    const { platform } = descriptor;
    return {
      ID: descriptor.digest,
      Descriptor: descriptorJson(descriptor),
      Available: available,
      Size: { Total: content + unpacked, Content: content },
      Kind: kind,
      ...(kind === 'image' && {
        ImageData: {
          ...(platform && { Platform: platformJson(platform) }),
          Size: { Unpacked: unpacked },
          Containers: containers,
        },
      }),
      ...(kind === 'attestation' && { AttestationData: { For: about ?? '' } }),
    };
  });
}

/** {@link descriptorJson} for templates. */
export function descriptorStruct(descriptor: Descriptor): Struct {
  const { mediaType, digest, size, platform } = descriptor;
  return withKeys(
    struct(
      'v1.Descriptor',
      {
        MediaType: mediaType,
        Digest: digest,
        Size: int64(size),
        Annotations: new Map(Object.entries(descriptor.annotations ?? {})),
        Platform: platform ? platformStruct(platform) : { kind: 'nil', of: 'pointer' },
      },
      ['Annotations', 'Platform'],
    ),
    lowerFirst,
  );
}

function platformStruct(platform: Platform): Struct {
  const { architecture, os, variant = '' } = platform;
  const names = new Map([
    ['OSVersion', 'os.version'],
    ['OSFeatures', 'os.features'],
    ['OS', 'os'],
  ]);
  return withKeys(
    struct(
      'v1.Platform',
      {
        Architecture: architecture,
        OS: os,
        OSVersion: platform['os.version'] ?? '',
        OSFeatures: platform['os.features'] ?? { kind: 'nil', of: 'slice' },
        Variant: variant,
      },
      ['OSVersion', 'OSFeatures', 'Variant'],
    ),
    (field) => names.get(field) ?? lowerFirst(field),
  );
}

/** {@link manifestsJson} for templates. */
export function manifestStructs({ entries }: ImageIndex): Value {
  return entries.map(manifestStruct);
}

function manifestStruct(entry: IndexEntry): Struct {
  const { descriptor, kind, available, content, unpacked = 0, about, containers } = entry;
  const { platform } = descriptor;
  const none: Value = { kind: 'nil', of: 'pointer' };
  const image = struct('image.ImageProperties', {
    Platform: platform ? platformStruct(platform) : none,
    Size: struct('struct', { Unpacked: int64(unpacked) }),
    Containers: containers,
  });
  return struct(
    'image.ManifestSummary',
    {
      ID: descriptor.digest,
      Descriptor: descriptorStruct(descriptor),
      Available: available,
      Size: struct('struct', { Total: int64(content + unpacked), Content: int64(content) }),
      Kind: kind,
      ImageData: kind === 'image' ? image : none,
      AttestationData:
        kind === 'attestation' ? struct('image.AttestationProperties', { For: about ?? '' }) : none,
    },
    ['ImageData', 'AttestationData'],
  );
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

function withKeys(value: Struct, keyOf: (field: string) => string): Struct {
  return { ...value, json: value.json.map((one) => ({ ...one, key: keyOf(one.field) })) };
}

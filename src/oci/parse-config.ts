import { InvalidInputError } from '../base/errors.ts';
import { isDigest, type DiffId } from './digest.ts';
import type { ContainerConfig, Healthcheck, History, ImageConfig } from './image-config.ts';
import { Fields, outsideMap, parseJson } from './json.ts';
import { DOCUMENT_LIMIT, LAYER_COUNT_LIMIT } from './limits.ts';

/** Lists and maps of a config are bounded by its size; this only stops the absurd. */
const MANY = 100_000;

/**
 * Reads an image config, of OCI or of Docker. Keys that are not known are kept as they are;
 * a known key that is null is left out. Throws InvalidInputError when a known key has the
 * wrong type, or a diff ID is no SHA-256 digest.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md#properties
 */
export function parseConfig(data: Uint8Array): ImageConfig {
  const what = 'the image config';
  const fields = new Fields(parseJson(data, DOCUMENT_LIMIT, what), what);
  const rootfs = fields.fields('rootfs');
  if ((rootfs.optionalText('type') ?? 'layers') !== 'layers') {
    throw new InvalidInputError(`"rootfs" of ${what} is not made of layers`);
  }
  const diffIds = rootfs.optionalTexts('diff_ids', LAYER_COUNT_LIMIT) ?? [];
  if (!diffIds.every((id) => isDigest(id) && id.startsWith('sha256:'))) {
    throw new InvalidInputError(`"diff_ids" of ${what} holds something that is no digest`);
  }
  const config = fields.optionalFields('config');
  return kept(fields, {
    created: fields.optionalText('created'),
    author: fields.optionalText('author'),
    architecture: fields.optionalText('architecture') ?? '',
    os: fields.optionalText('os') ?? '',
    variant: fields.optionalText('variant'),
    config: config && containerConfig(config),
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: fields.optionalList('history', MANY)?.map(history),
  }) as ImageConfig;
}

/** The layers of an image, bottom first, by what a valid config says. */
export function diffIdsOf(config: ImageConfig): readonly DiffId[] {
  return config.rootfs.diff_ids as readonly DiffId[];
}

/**
 * Checks what an image, or a user, says of its containers. Throws InvalidInputError.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md#properties
 */
function containerConfig(fields: Fields): ContainerConfig {
  const healthcheck = fields.optionalFields('Healthcheck');
  return kept(fields, {
    User: fields.optionalText('User'),
    ExposedPorts: keys(fields, 'ExposedPorts'),
    Env: fields.optionalTexts('Env', MANY),
    Entrypoint: fields.optionalTexts('Entrypoint', MANY),
    Cmd: fields.optionalTexts('Cmd', MANY),
    Volumes: keys(fields, 'Volumes'),
    WorkingDir: fields.optionalText('WorkingDir'),
    Labels: fields.optionalTextMap('Labels'),
    StopSignal: fields.optionalText('StopSignal'),
    ArgsEscaped: fields.optionalBoolean('ArgsEscaped'),
    Healthcheck: healthcheck && healthcheckOf(healthcheck),
    Shell: fields.optionalTexts('Shell', MANY),
    OnBuild: fields.optionalTexts('OnBuild', MANY),
  }) as ContainerConfig;
}

function healthcheckOf(fields: Fields): Healthcheck {
  const nanoseconds = (key: string): number | undefined =>
    fields.optionalInteger(key, 0, Number.MAX_SAFE_INTEGER);
  return kept(fields, {
    Test: fields.optionalTexts('Test', MANY),
    Interval: nanoseconds('Interval'),
    Timeout: nanoseconds('Timeout'),
    StartPeriod: nanoseconds('StartPeriod'),
    StartInterval: nanoseconds('StartInterval'),
    Retries: fields.optionalInteger('Retries', 0, 2 ** 31),
  });
}

function history(value: unknown, at: number): History {
  const fields = new Fields(value, `history entry ${at + 1} of the image config`);
  return kept(fields, {
    created: fields.optionalText('created'),
    created_by: fields.optionalText('created_by'),
    author: fields.optionalText('author'),
    comment: fields.optionalText('comment'),
    empty_layer: fields.optionalBoolean('empty_layer'),
  });
}

/** A set, spelled as a map to empty objects. */
function keys(fields: Fields, key: string): Readonly<Record<string, object>> | undefined {
  const map = fields.optionalFields(key)?.json;
  return map && outsideMap(Object.keys(map).map((name) => [name, {}]));
}

/** The checked values in place of those found; what is undefined goes. */
function kept(fields: Fields, checked: Readonly<Record<string, unknown>>): object {
  const merged = Object.entries({ ...fields.json, ...checked });
  return Object.fromEntries(merged.filter(([, value]) => value !== undefined));
}

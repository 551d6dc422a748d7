import { dirname, join } from 'node:path';
import type { ImageDetails } from '../engine/engine.ts';
import { outsideMap } from '../oci/json.ts';
import type { ContainerConfig } from '../oci/image-config.ts';
import { descriptorJson, descriptorStruct, manifestsJson, manifestStructs } from './index-json.ts';
import { duration, fromData, int64, struct, type Struct, type Value } from './template/values.ts';
import { rfc3339Nano } from '../base/clock.ts';

const NO_TIME = '0001-01-01T00:00:00Z';

/** An image as `image inspect` shows it: Docker 28's members in its order. */
export function imageJson(image: ImageDetails): Readonly<Record<string, unknown>> {
  const { config, index, manifest, platform } = image;
  return {
    Id: image.id,
    RepoTags: image.tags,
    RepoDigests: image.digests,
    Parent: image.parent ?? '',
    Comment: comment(image),
    ...(config.created !== undefined && { Created: config.created }),
    DockerVersion: text(config['docker_version']),
    Author: config.author ?? '',
    Architecture: config.architecture,
    ...(config.variant !== undefined && { Variant: config.variant }),
    Os: config.os,
    ...(platform['os.version'] !== undefined && { OsVersion: platform['os.version'] }),
    Size: image.size,
    GraphDriver: { Data: graphData(image.directories), Name: 'overlay2' },
    RootFS: { Type: 'layers', ...(image.layers.length > 0 && { Layers: image.layers }) },
    Metadata: { LastTagTime: image.tagged === undefined ? NO_TIME : rfc3339Nano(image.tagged) },
    Descriptor: descriptorJson(index?.descriptor ?? manifest),
    ...(index && { Manifests: manifestsJson(index) }),
    Config: configJson(config.config ?? {}),
  };
}

/**
 * The same for templates: names and emptiness as in Go's structs, where `{{json .Config}}`
 * leaves out what is not set and a missing list prints as `[]`.
 */
export function imageStruct(image: ImageDetails): Struct {
  const { config } = image;
  const json = imageJson(image);
  const fields = struct('image.InspectResponse', {
    ID: image.id,
    RepoTags: image.tags,
    RepoDigests: image.digests,
    Parent: text(json['Parent']),
    Comment: text(json['Comment']),
    Created: config.created ?? '',
    DockerVersion: text(json['DockerVersion']),
    Author: config.author ?? '',
    Config: configStruct(config.config ?? {}),
    Architecture: config.architecture,
    Variant: config.variant ?? '',
    Os: config.os,
    OsVersion: image.platform['os.version'] ?? '',
    Size: int64(image.size),
    GraphDriver: struct('storage.DriverData', {
      Data: fromData(graphData(image.directories)),
      Name: 'overlay2',
    }),
    RootFS: struct(
      'image.RootFS',
      { Type: 'layers', Layers: image.layers.length > 0 ? image.layers : NIL_SLICE },
      ['Layers'],
    ),
    Metadata: struct('image.Metadata', { LastTagTime: tagTime(image.tagged) }),
    Descriptor: descriptorStruct(image.index?.descriptor ?? image.manifest),
    Manifests: image.index ? manifestStructs(image.index) : NIL_SLICE,
  });
  const rename = (key: string): string => (key === 'ID' ? 'Id' : key);
  const optional = new Set(['Created', 'Variant', 'OsVersion', 'Manifests']);
  return {
    ...fields,
    json: fields.json.map(({ field }) => ({
      key: rename(field),
      field,
      omitEmpty: optional.has(field),
    })),
  };
}

const NIL_SLICE: Value = { kind: 'nil', of: 'slice' };
const NIL_MAP: Value = { kind: 'nil', of: 'map' };
const NIL_POINTER: Value = { kind: 'nil', of: 'pointer' };

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function comment({ config }: ImageDetails): string {
  return text(config['comment']) || (config.history?.at(-1)?.comment ?? '');
}

function graphData(directories: readonly string[]): Readonly<Record<string, string>> {
  const [upper, ...lower] = directories;
  if (upper === undefined) return {};
  return {
    ...(lower.length > 0 && { LowerDir: lower.join(':') }),
    MergedDir: join(dirname(upper), 'merged'),
    UpperDir: upper,
    WorkDir: join(dirname(upper), 'work'),
  };
}

/** The config with sorted members, as Docker shows it: those it always shows, and others that are set. */
function configJson(config: ContainerConfig): Readonly<Record<string, unknown>> {
  const map = (value: object | undefined): object | null => (value ? sortedMap(value) : null);
  return {
    ...(config.ArgsEscaped === true && { ArgsEscaped: true }),
    Cmd: config.Cmd ?? null,
    Entrypoint: config.Entrypoint ?? null,
    Env: config.Env ?? null,
    ...(some(config.ExposedPorts) && { ExposedPorts: map(config.ExposedPorts) }),
    ...(config.Healthcheck !== undefined && { Healthcheck: map(config.Healthcheck) }),
    Labels: map(config.Labels),
    OnBuild: config.OnBuild ?? null,
    ...(config.Shell !== undefined && { Shell: config.Shell }),
    ...(text(config.StopSignal) !== '' && { StopSignal: config.StopSignal }),
    User: config.User ?? '',
    Volumes: map(config.Volumes),
    WorkingDir: config.WorkingDir ?? '',
  };
}

function sortedMap(members: object): Readonly<Record<string, unknown>> {
  return outsideMap(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function configStruct(config: ContainerConfig): Struct {
  const list = (value: readonly string[] | null | undefined): Value => value ?? NIL_SLICE;
  const map = (value: Readonly<Record<string, unknown>> | undefined): Value =>
    value === undefined ? NIL_MAP : setOf(value);
  const { Healthcheck: probe } = config;
  const fields = {
    User: config.User ?? '',
    ExposedPorts: map(config.ExposedPorts),
    Env: list(config.Env),
    Entrypoint: list(config.Entrypoint),
    Cmd: list(config.Cmd),
    Volumes: map(config.Volumes),
    WorkingDir: config.WorkingDir ?? '',
    Labels: map(config.Labels),
    StopSignal: config.StopSignal ?? '',
    ArgsEscaped: config.ArgsEscaped ?? false,
    Healthcheck:
      probe === undefined
        ? NIL_POINTER
        : struct(
            'v1.HealthcheckConfig',
            {
              Test: list(probe.Test),
              Interval: duration(probe.Interval ?? 0),
              Timeout: duration(probe.Timeout ?? 0),
              StartPeriod: duration(probe.StartPeriod ?? 0),
              StartInterval: duration(probe.StartInterval ?? 0),
              Retries: probe.Retries ?? 0,
            },
            ['Test', 'Interval', 'Timeout', 'StartPeriod', 'StartInterval', 'Retries'],
          ),
    OnBuild: list(config.OnBuild),
    Shell: list(config.Shell),
  };
  return struct('v1.DockerOCIImageConfig', fields, Object.keys(fields));
}

/** A map whose members are texts, or empty structs as Go prints them: `{}`. */
function setOf(members: Readonly<Record<string, unknown>>): Value {
  return new Map(
    Object.entries(members).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : struct('struct {}', {}),
    ]),
  );
}

function some(members: object | undefined): boolean {
  return members !== undefined && Object.keys(members).length > 0;
}

function tagTime(time: Date | undefined): Value {
  return { kind: 'time', json: time === undefined ? NO_TIME : rfc3339Nano(time) };
}

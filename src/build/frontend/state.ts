import type { Span } from '../../dockerfile/ast.ts';
import type { ContainerConfig, History, ImageConfig } from '../../oci/image-config.ts';
import type { Platform } from '../../oci/platform.ts';
import type { Vertex } from '../graph.ts';
import { HISTORY_COMMENT } from './history.ts';
import { Scope } from './scope.ts';

/** What a base image's config says of how it was built itself: not true of what builds on it. */
const OF_ITS_OWN_BUILD = [
  'container',
  'container_config',
  'docker_version',
  'id',
  'parent',
  'moby.buildkit.buildinfo.v1',
  'moby.buildkit.cache.v0',
];

/** The PATH of images that bring none. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const DEFAULT_SHELL = ['/bin/sh', '-c'];

/** One history entry in the making: with a vertex it has a layer. */
export interface HistoryStep {
  readonly entry: History;
  /** Absent for steps without a layer and for those of the base image. */
  readonly vertex?: Vertex;
  /** Came with the base image: kept as it is. */
  readonly inherited: boolean;
  /** Where it stands in the Dockerfile; absent for triggers and for what was inherited. */
  readonly span?: Span;
}

/** A config document without the members that a build writes itself. */
interface Document {
  architecture: string;
  os: string;
  variant?: string;
  author?: string;
  [key: string]: unknown;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Adds members to a part of a stage's own config, in place: copies would make files with thousands
 * of instructions slow. A name such as `__proto__` is a name.
 */
export function putAll<T>(
  record: Readonly<Record<string, T>> | undefined,
  pairs: readonly (readonly [string, T])[],
): Record<string, T> {
  const all: Record<string, T> = record ?? {};
  for (const [name, value] of pairs) {
    if (name !== '__proto__') all[name] = value;
    else
      Object.defineProperty(all, name, {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
  }
  return all;
}

/** What a stage has come to, instruction by instruction. */
export class StageState {
  /** Config of the image; `Env` is written at the end from `scope`. */
  readonly config: Mutable<ContainerConfig>;
  /** Everything else of the base image's config document. */
  readonly document: Document;
  readonly scope: Scope;
  readonly history: HistoryStep[];
  readonly platform: Platform;
  /** Names for the base image annotations. */
  readonly baseImage: { readonly name: string; readonly digest: string } | undefined;
  /** The root so far; undefined while it is empty. */
  vertex: Vertex | undefined;
  commandSet = false;

  private constructor(parts: {
    config: ContainerConfig;
    document: Document;
    scope: Scope;
    history: HistoryStep[];
    platform: Platform;
    vertex: Vertex | undefined;
    baseImage: StageState['baseImage'];
  }) {
    this.config = structuredClone(parts.config);
    this.document = { ...parts.document };
    this.scope = parts.scope;
    this.history = [...parts.history];
    this.platform = parts.platform;
    this.vertex = parts.vertex;
    this.baseImage = parts.baseImage;
  }

  /** `FROM scratch`. */
  static empty(platform: Platform): StageState {
    const scope = new Scope();
    scope.env('PATH', DEFAULT_PATH);
    const { os, architecture, variant } = platform;
    return new StageState({
      config: { WorkingDir: '/' },
      document: { architecture, os, ...(variant !== undefined && { variant }) },
      scope,
      history: [],
      platform,
      vertex: undefined,
      baseImage: undefined,
    });
  }

  /** `FROM <image>`; without `baseImage` a config that is changed and not built on. */
  static fromImage(
    image: ImageConfig,
    platform: Platform,
    vertex: Vertex | undefined,
    baseImage: StageState['baseImage'],
  ): StageState {
    const { config = {}, rootfs: _rootfs, history = [], created: _created, ...rest } = image;
    const document = { ...rest };
    for (const key of OF_ITS_OWN_BUILD) delete document[key];
    const scope = new Scope();
    for (const entry of config.Env ?? []) {
      const at = entry.indexOf('=');
      scope.env(at < 0 ? entry : entry.slice(0, at), at < 0 ? '' : entry.slice(at + 1), true);
    }
    if (baseImage && scope.get('PATH') === undefined) scope.env('PATH', DEFAULT_PATH);
    return new StageState({
      config,
      document,
      scope,
      history: history.map((entry) => ({ entry, inherited: true })),
      platform,
      vertex,
      baseImage,
    });
  }

  /** `FROM <stage>`: everything is inherited, ARGs too. */
  static fromStage(base: StageState): StageState {
    return new StageState({
      config: base.config,
      document: base.document,
      scope: new Scope(base.scope),
      history: base.history,
      platform: base.platform,
      vertex: base.vertex,
      baseImage: base.baseImage,
    });
  }

  get shell(): readonly string[] {
    return this.config.Shell && this.config.Shell.length > 0 ? this.config.Shell : DEFAULT_SHELL;
  }

  get workdir(): string {
    return this.config.WorkingDir || '/';
  }

  get user(): string {
    return this.config.User ?? '';
  }

  /** How much a stage that is made from this one copies. */
  get weight(): number {
    const { Labels = {}, ExposedPorts = {}, Volumes = {} } = this.config;
    const parts = [Labels, ExposedPorts, Volumes].map((part) => Object.keys(part ?? {}).length);
    return parts.reduce((sum, count) => sum + count, this.history.length + this.scope.size);
  }

  /** Triggers that the base left for this stage; they are gone afterwards. */
  takeTriggers(): readonly string[] {
    const triggers = this.config.OnBuild ?? [];
    delete this.config.OnBuild;
    return triggers;
  }

  /** Says where the entries from `first` on stand in the Dockerfile. */
  locate(first: number, span: Span): void {
    for (let at = first; at < this.history.length; at += 1) {
      const step = this.history[at];
      if (step) this.history[at] = { ...step, span };
    }
  }

  /** Notes an instruction; with a vertex it made a layer. */
  commit(text: string, vertex?: Vertex): void {
    this.history.push({
      entry: {
        created_by: text,
        comment: HISTORY_COMMENT,
        ...(vertex === undefined && { empty_layer: true }),
      },
      ...(vertex !== undefined && { vertex }),
      inherited: false,
    });
    if (vertex !== undefined) this.vertex = vertex;
  }
}

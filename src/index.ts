/**
 * The library: open an engine, ask it.
 *
 *     await using engine = await openEngine({ root: '/var/lib/stave' });
 *     for (const image of await engine.images.list()) console.log(image.tags, image.size);
 *
 * Every error that is not a bug is a {@link StaveError} with a stable `code`. Long calls take
 * a `signal` and a `progress` sink.
 */
export { openEngine, type EngineOptions } from './engine/open-engine.ts';
export type {
  Engine,
  HistoryRow,
  ImageDetails,
  ImageFilter,
  Images,
  ImageSummary,
  ImportRequest,
  Loaded,
  Pulled,
  PullRequest,
  Pushed,
  PushRequest,
  RemovalEvent,
} from './engine/engine.ts';
export type {
  Blame,
  BlamedPath,
  BlameOptions,
  CompareOptions,
  Comparison,
  ContainerChange,
  ExplainOptions,
  Explanation,
  FileDifference,
  FileFacts,
  FileVersion,
  ImageLayers,
  LayerStep,
  StepOrigin,
  TextDifference,
} from './engine/understand-types.ts';
export type { BuildRequest, BuildResult } from './engine/build-types.ts';
export type {
  CheckReport,
  LintWarning,
  LookedAt,
  Outline,
  OutlineArg,
  OutlineMount,
  Position,
  RuleName,
  Span,
  Target,
  TargetList,
} from './engine/dockerfile-types.ts';
export type { Containers, ContainerSummary, RunRequest } from './engine/container-types.ts';
export type { Copied, CopyRequest, CopySource, CopyTarget } from './engine/copy-types.ts';
export type {
  LoggedIn,
  Registries,
  RegistryFinding,
  RemoteDetails,
  RemoteDocument,
  SearchRequest,
  SearchResult,
} from './engine/registry-types.ts';
export type { CheckResult, System, SystemInfo } from './engine/system-types.ts';
export {
  AmbiguousImageError,
  ImageConflictError,
  ImageNotFoundError,
  PathNotFoundError,
  ReferenceNotFoundError,
} from './engine/errors.ts';
export {
  ContainerConflictError,
  ContainerNotFoundError,
  ContainerStartError,
} from './engine/containers/errors.ts';
export { InvalidReferenceError } from './oci/errors.ts';
export {
  DigestMismatchError,
  DiskFullError,
  InvalidInputError,
  StaveError,
  UsageError,
} from './base/errors.ts';
export type { Bytes } from './base/bytes.ts';
export type { CallOptions, Outcome, ProgressEvent, ProgressSink, TaskId } from './base/progress.ts';
export type { Digest } from './oci/digest.ts';
export type { Platform } from './oci/platform.ts';

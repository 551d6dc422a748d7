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
  RemovalOutcome,
} from './engine/engine.ts';
export type {
  Advice,
  Blame,
  BlamedPath,
  BlameOptions,
  Compared,
  CompareOptions,
  Comparison,
  ContainerChange,
  Duplicate,
  ExplainedLayer,
  ExplainOptions,
  Explanation,
  FileAspect,
  FileDifference,
  FileFacts,
  FileVersion,
  ImageLayers,
  LayerStep,
  Leftover,
  PackageDifference,
  SettingDifference,
  SizedPath,
  StepDifference,
  StepOrigin,
  TextDifference,
  TreeLayer,
  Waste,
  WasteKind,
} from './engine/understand-types.ts';
export type {
  ArchiveCall,
  Inventory,
  PouredArchive,
  SaveCall,
  SavedArchive,
  SaveDirectoryCall,
} from './engine/archive-types.ts';
export type {
  ImagePrunePlan,
  ImagePruneRequest,
  ImagesPruned,
  PlannedImage,
} from './engine/prune-types.ts';
export type {
  AuditFinding,
  AuditLayer,
  AuditPlace,
  AuditReport,
  ImageLintFinding,
} from './engine/audit-types.ts';
export type { EventFilter, EventRequest, StaveEvent } from './engine/event-types.ts';
export type { ImageIndex, IndexEntry } from './engine/image-index.ts';
export type { ImageTree, TreeFacts } from './engine/image-trees.ts';
export type {
  Combined,
  CombineRequest,
  ListMember,
  ManifestList,
  ManifestLists,
  PushedList,
} from './engine/list-types.ts';
export type {
  Freshening,
  Freshness,
  OutdatedReport,
  OutdatedRequest,
  RebaseConflict,
  Rebased,
  RebaseRequest,
} from './engine/freshness-types.ts';
export type { CacheExport, CacheImport, CachePlace, CacheRequest } from './engine/cache-types.ts';
export type { Contexts } from './engine/context-types.ts';
export type { DifferentLayer, Verification } from './engine/verify-types.ts';
export type {
  BuildOutput,
  BuildRequest,
  BuildResult,
  BuildRunRequest,
  FailedRun,
} from './engine/build-types.ts';
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
export type {
  ContainerDetails,
  ContainerPruneFilter,
  Containers,
  ContainersPruned,
  ContainerSummary,
} from './engine/container-types.ts';
export type {
  CreateRequest,
  HealthRequest,
  NetworkWish,
  ResourceLimits,
  RestartPolicy,
} from './engine/create-request.ts';
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
export type {
  CacheCondition,
  CacheEntry,
  CacheFilter,
  CachePruned,
  CachePruneRequest,
  CacheUsage,
  CheckResult,
  ContainerUsage,
  DiskUsage,
  HeldSpace,
  ImageUsage,
  System,
  SystemInfo,
  UsageOf,
  VolumeUsage,
} from './engine/system-types.ts';
export {
  AmbiguousImageError,
  ImageConflictError,
  ImageNotFoundError,
  NotANameError,
  NotPushableError,
  PathNotFoundError,
  PlatformNotFoundError,
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
